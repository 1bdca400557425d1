// Assistants on the command line, each with a home folder of its own. Where one opens a browser, the URL is noted instead,
// for the browser of the tests.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const BIN = join(import.meta.dirname, 'node_modules/.bin');
const PATIENCE_MS = 60_000;

export class Home {
  static async make() {
    const home = new Home();
    home.folder = await mkdtemp(join(tmpdir(), 'jean-home-'));
    home.opened = join(home.folder, 'opened');
    const opener = `#!/bin/sh\nprintf '%s\\n' "$1" >> '${home.opened}'\n`;
    for (const name of ['open-url', 'xdg-open']) {
      await writeFile(join(home.folder, name), opener);
      await chmod(join(home.folder, name), 0o755);
    }
    home.env = {
      PATH: `${home.folder}:${process.env.PATH}`,
      HOME: home.folder,
      BROWSER: join(home.folder, 'open-url'),
      DISPLAY: ':0',
      DISABLE_AUTOUPDATER: '1',
      CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
    };
    return home;
  }

  remove() {
    return rm(this.folder, { recursive: true, force: true, maxRetries: 5 });
  }

  /** Runs a command of a Node package. The result has its output, and its exit code when it has ended. */
  start(command, args, env = {}) {
    return this.#spawn(join(BIN, command), args, env);
  }

  /** Runs a command that refuses to run without a terminal, in one. */
  startInTerminal(command, args) {
    return this.#spawn('script', ['-qefc', [join(BIN, command), ...args].join(' '), '/dev/null'], {});
  }

  async run(command, args, env) {
    const running = this.start(command, args, env);
    const code = await running.ended;
    return { code, output: running.output };
  }

  /** The URL that a running command opens in a browser. */
  async openedUrl(running) {
    for (const deadline = Date.now() + PATIENCE_MS; Date.now() < deadline; await pause(50)) {
      const [url] = (await readFile(this.opened, 'utf8').catch(() => '')).split('\n');
      if (url) return url;
      assert.equal(running.code, undefined, `it ended without opening a browser:\n${running.output}`);
    }
    assert.fail(`it opened no browser:\n${running.output}`);
  }

  #spawn(file, args, env) {
    const child = spawn(file, args, { cwd: this.folder, env: { ...this.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    const running = { output: '' };
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (running.output += text));
    }
    const impatient = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    running.ended = once(child, 'close').then(([code]) => {
      clearTimeout(impatient);
      return (running.code = code);
    });
    return running;
  }
}
