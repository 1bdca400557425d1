// Codex itself: adds the server, signs in and lists it, as the README says.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Home } from './commands.mjs';
import { approve } from './pages.mjs';
import { OWNER } from './server.mjs';
import { stage } from './stage.mjs';

const here = stage({ documents: 'auto' });

test('Codex adds the server, signs in and lists it', async (t) => {
  const home = await Home.make();
  t.after(() => home.remove());
  // It asks for a sign-in by itself when it is added.
  const adding = home.start('codex', ['mcp', 'add', 'memory', '--url', here.server.mcpUrl]);
  const url = await home.openedUrl(adding);
  assert.deepEqual(new Set(new URL(url).searchParams.getAll('resource')), new Set([here.server.mcpUrl]));
  await approve(here.browser, url, { person: OWNER, client: 'Codex' });
  assert.equal(await adding.ended, 0, adding.output);
  assert.match(adding.output, /Successfully logged in/);
  const listed = await home.run('codex', ['mcp', 'list']);
  assert.match(listed.output, /^memory\s+\S+\/mcp\s+-\s+enabled\s+OAuth/m);
});
