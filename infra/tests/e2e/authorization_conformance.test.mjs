// The official conformance suite for authorization servers. It prints a URL for a user to open, and waits at its own
// callback.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { register } from './oauth.mjs';
import { approve } from './pages.mjs';
import { freePort, OWNER } from './server.mjs';
import { stage } from './stage.mjs';

const packageOf = (name) => dirname(createRequire(import.meta.url).resolve(`${name}/package.json`));
// The suite needs a newer Node.js than these tests.
const NODE = join(packageOf('node'), 'bin/node');
const SUITE = join(packageOf('@modelcontextprotocol/conformance'), 'dist/index.js');

const here = stage();

test('no authorization scenario of the official conformance suite fails (AS-01, AS-02, AS-03, AS-08, AS-13)', async (t) => {
  const { server, browser } = here;
  const port = await freePort();
  const client = await register(server, { redirectUri: `http://127.0.0.1:${port}/callback`, name: 'Conformance' });
  const names = ['--url', server.base, '--client-id', client.client_id, '--resource', server.mcpUrl];
  const suite = start(['authorization', ...names, '--port', `${port}`]);
  t.after(() => suite.kill());

  const address = await suite.prints(/^http:\S+\/oauth\/authorize\?\S+$/m);
  await approve(browser, address, { person: OWNER, client: client.name });
  assert.equal(await suite.ended, 0, suite.output);
  const scenarios = [...suite.output.matchAll(/^. (\S+): (\d+) passed, (\d+) failed$/gm)];
  assert.ok(scenarios.length >= 2, suite.output);
  for (const [, name, passed, failed] of scenarios) {
    // Skipped checks count neither as passed nor as failed.
    assert.ok(passed > 0 && failed === '0', `${name}:\n${suite.output}`);
  }
});

function start(parameters) {
  const child = spawn(NODE, [SUITE, ...parameters], { stdio: ['ignore', 'pipe', 'pipe'] });
  const suite = {
    output: '',
    kill: () => child.kill('SIGKILL'),
    ended: once(child, 'close').then(([code]) => code),
    /** Waits for a line or for the end of the output. */
    async prints(line) {
      let over = false;
      suite.ended.then(() => (over = true));
      for (;;) {
        const found = suite.output.match(line);
        if (found) return found[0];
        assert.ok(!over, `the suite ended early:\n${suite.output}`);
        await Promise.race([once(child.stdout, 'data'), suite.ended]);
      }
    },
  };
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (suite.output += text));
  }
  return suite;
}
