// The official TypeScript clients with their own OAuth, from a URL to a memory that is found.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { revoke } from './oauth.mjs';
import { OAuthProvider } from './oauth_provider.mjs';
import { approve } from './pages.mjs';
import { recorder, SDKS } from './sdks.mjs';
import { OWNER } from './server.mjs';
import { stage } from './stage.mjs';

const here = stage();

for (const [index, sdk] of SDKS.entries()) {
  test(`${sdk.name} goes from 401 to a memory found, refreshes without a page, and asks again once revoked (RS-01, RS-02, AS-02, AS-05, AS-11, AS-12, AS-18, TL-01)`, async (t) => {
    const { server, browser, callback } = here;
    const provider = new OAuthProvider(callback.redirectUri, 'Harbour');
    const wire = recorder();
    const transport = () =>
      new sdk.Transport(new URL(server.mcpUrl), { authProvider: provider, fetch: wire.fetch });
    const client = () => sdk.client({ name: provider.name, version: '1.0.0' });

    const refused = transport();
    await assert.rejects(client().connect(refused), sdk.Unauthorized);
    assert.equal(provider.visits.length, 1);
    assert.match(provider.client.client_id, /^harbour_[a-z0-9]+$/, 'the id begins with the name (SD-04)');

    const answer = await approve(browser, provider.visits[0], { person: OWNER, client: provider.name });
    assert.equal(answer.searchParams.get('state'), provider.lastState);
    assert.equal(answer.searchParams.get('iss'), server.base, 'AS-08');
    await sdk.finish(refused, answer.searchParams);
    wire.expect([
      'POST /mcp 401',
      'GET /.well-known/oauth-protected-resource/mcp 200',
      'GET /.well-known/oauth-authorization-server 200',
      'POST /oauth/register 201',
      'POST /oauth/token 200',
    ]);

    const connected = client();
    await connected.connect(transport());
    t.after(() => connected.close());
    const { tools } = await connected.listTools();
    const names = tools.map((tool) => tool.name);
    for (const name of ['add_memory', 'search_memory', 'list_memories', 'get_memory', 'delete_memory']) {
      assert.ok(names.includes(name), `${name} is among ${names}`);
    }
    const text = `The lighthouse keeper number ${index} feeds eleven cormorants.`;
    expectStructured(await connected.callTool({ name: 'add_memory', arguments: { text } }));
    await expectFound(connected, text);

    const before = provider.kept.refresh_token;
    provider.kept = { ...provider.kept, access_token: 'no longer good' };
    wire.seen.length = 0;
    await expectFound(connected, text);
    wire.expect(['POST /mcp 401', 'POST /oauth/token 200', 'POST /mcp 200']);
    assert.notEqual(provider.kept.refresh_token, before, 'the refresh token rotates (AS-11)');
    assert.equal(provider.visits.length, 1, 'no page was needed');

    // The SDK has no call for revocation. Both tokens are invalid afterwards, and the user must sign in again.
    await revoke(server, provider.client, provider.kept.refresh_token);
    provider.kept = { ...provider.kept, access_token: 'no longer good' };
    wire.seen.length = 0;
    // Not tools/list, which clients may answer from a cache for five minutes (TR-01).
    await assert.rejects(connected.callTool({ name: 'whoami', arguments: {} }), sdk.Unauthorized);
    wire.expect(['POST /mcp 401', 'POST /oauth/token 400']);
    assert.equal(provider.visits.length, 2, 'a page is needed');
  });
}

async function expectFound(client, text) {
  const found = await client.callTool({ name: 'search_memory', arguments: { query: 'cormorants' } });
  expectStructured(found);
  assert.ok(JSON.stringify(found.structuredContent).includes(text), JSON.stringify(found));
}

/** The structured result, and the same as text for clients that read only text (TL-01). */
function expectStructured(result) {
  assert.ok(!result.isError, JSON.stringify(result));
  assert.deepEqual(JSON.parse(result.content[0].text), result.structuredContent);
}
