// The official Inspector in command line mode: with both revisions of the protocol handshake, and its last version for Node 20.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { accessToken } from './connected.mjs';
import { stage } from './stage.mjs';

const MODULES = join(import.meta.dirname, 'node_modules');
// It needs Node 22; the other tests run on the installed Node.
const NODE = join(MODULES, 'node/bin/node');
const INSPECTOR = join(MODULES, '.bin/mcp-inspector');
const INSPECTOR_FOR_NODE_20 = join(MODULES, '.bin/mcp-inspector-cli');

const here = stage();

for (const era of ['legacy', 'modern']) {
  test(`the Inspector lists the tools, finds their schemas portable, and calls one, in the ${era} era (TL-01)`, async (t) => {
    const folder = await mkdtemp(join(tmpdir(), 'jean-inspector-'));
    t.after(() => rm(folder, { recursive: true, force: true }));
    const header = `Authorization: Bearer ${await accessToken(here, 'Magnifier')}`;
    const inspect = async (...options) => {
      const server = ['--cli', here.server.mcpUrl, '--transport', 'http', '--header', header, '--protocol-era', era];
      const env = { ...process.env, MCP_CATALOG_PATH: join(folder, 'mcp.json') };
      return promisify(execFile)(NODE, [INSPECTOR, ...server, ...options], { env, maxBuffer: 16 << 20 });
    };

    const listed = await inspect('--method', 'tools/list', '--strict');
    assert.ok(JSON.parse(listed.stdout).tools.some(({ name }) => name === 'search_memory'), listed.stdout);
    assert.doesNotMatch(listed.stderr, /^(Warning|Error)/m);

    const text = `Seen in the ${era} era.`;
    await inspect('--method', 'tools/call', '--tool-name', 'add_memory', '--tool-arg', `text=${text}`);
    const found = await inspect('--method', 'tools/call', '--tool-name', 'search_memory', '--tool-arg', 'query=seen', 'limit=1');
    const [memory] = JSON.parse(found.stdout).structuredContent.memories;
    assert.match(memory.text, /^Seen in the/);
  });
}

test('the Inspector for Node 20 lists tools, prompts and resources, and calls a tool (TL-01)', async () => {
  const header = `Authorization: Bearer ${await accessToken(here, 'Magnifier')}`;
  const inspect = async (...options) => {
    const server = ['--cli', here.server.mcpUrl, '--transport', 'http', '--header', header];
    const { stdout } = await promisify(execFile)(process.execPath, [INSPECTOR_FOR_NODE_20, ...server, ...options]);
    return JSON.parse(stdout);
  };

  const { tools } = await inspect('--method', 'tools/list');
  assert.ok(tools.some(({ name }) => name === 'search_memory'), tools);
  const { prompts } = await inspect('--method', 'prompts/list');
  assert.ok(prompts.some(({ name }) => name === 'context'), prompts);
  const { resources } = await inspect('--method', 'resources/list');
  assert.ok(resources.some(({ uri }) => uri === 'memory://profile'), resources);

  await inspect('--method', 'tools/call', '--tool-name', 'add_memory', '--tool-arg', 'text=Seen from Node 20.');
  const found = await inspect('--method', 'tools/call', '--tool-name', 'search_memory', '--tool-arg', 'query=seen', 'limit=1');
  assert.match(found.structuredContent.memories[0].text, /^Seen from Node 20/);
});
