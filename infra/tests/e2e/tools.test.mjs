// Every tool through the official client, which validates structuredContent against the tool's outputSchema, with and
// without the handshake of the older revisions.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { accessToken } from './connected.mjs';
import { stage } from './stage.mjs';

const here = stage();

for (const [era, options] of [
  ['legacy', { versionNegotiation: { mode: 'legacy' } }],
  ['modern', { versionNegotiation: { mode: { pin: '2026-07-28' } } }],
]) {
  test(`every tool gives what its outputSchema says, to a ${era} client (TL-01)`, async (t) => {
    const token = await accessToken(here, 'Almanac');
    const client = new Client({ name: 'Almanac', version: '1.0.0' }, options);
    const requestInit = { headers: { Authorization: `Bearer ${token}` } };
    await client.connect(new StreamableHTTPClientTransport(new URL(here.server.mcpUrl), { requestInit }));
    t.after(() => client.close());
    const { tools } = await client.listTools();
    const called = new Set();
    const call = async (name, args) => {
      const result = await client.callTool({ name, arguments: args });
      assert.ok(!result.isError, JSON.stringify(result));
      assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent);
      called.add(name);
      return result.structuredContent;
    };

    const told = { text: 'Tea, never coffee.', tags: ['taste'], occurred_at: '2026-07-28', source_url: 'https://a.example/' };
    const { id } = await call('add_memory', told);
    await call('update_memory', { id, text: 'Green tea, never coffee.' });
    await call('store_document', { title: 'Menu', content: 'Tea and cake. '.repeat(1000) });
    assert.equal((await call('context', {})).tags[0].tag, 'taste');
    assert.equal((await call('search_memory', { query: 'green tea', tags: ['taste'] })).memories[0].id, id);
    assert.equal((await call('search', { query: 'green tea' })).results[0].id, id);
    assert.ok((await call('list_memories', { limit: 2 })).next_cursor);
    await call('get_memory', { id });
    assert.equal((await call('fetch', { id })).url, 'https://a.example/');
    assert.equal((await call('whoami', {})).client, 'almanac');
    await call('delete_memory', { id });
    const requested = await call('delete_all_memories', { confirm: 'delete all memories' });
    assert.ok(requested.deleted === 0 && requested.awaiting_confirmation > 1, 'the user confirms it on /account');
    assert.deepEqual([...called].sort(), tools.map((tool) => tool.name), 'each of them, and they come in order');
  });
}
