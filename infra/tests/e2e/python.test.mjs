// Runs the Python tests in python/, each against a server of its own.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { OWNER, Server } from './server.mjs';

const FOLDER = join(import.meta.dirname, 'python');
const PYTHON = process.env.PYTHON ?? join(import.meta.dirname, '.venv/bin/python');

let server;
before(async () => (server = await Server.start()));
after(() => server?.stop());

for (const [module, sentence] of [
  ['test_sdk', 'the Python SDK goes from 401 to a memory found, refreshes without a page, and asks again once revoked (RS-02, AS-05, AS-11, AS-18)'],
  ['test_access_token', 'PyJWT verifies the access token with the bytes of the secret (SD-03)'],
]) {
  test(sentence, async () => {
    const env = {
      ...process.env,
      JEAN_BASE: server.base,
      JEAN_SECRET_FILE: server.secretFile,
      EMAIL: OWNER.email,
      PASSWORD: OWNER.password,
    };
    const run = promisify(execFile)(PYTHON, ['-m', 'unittest', module], { cwd: FOLDER, env });
    await run.catch(({ stdout, stderr }) => assert.fail(`${stdout}\n${stderr}`));
  });
}
