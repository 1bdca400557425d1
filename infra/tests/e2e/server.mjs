// `jean serve` as a child process, on a free port and with its own data directory, stopped with SIGINT.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { promisify } from 'node:util';

const ROOT = resolve(import.meta.dirname, '../../..');
const BINARY = resolve(ROOT, process.env.JEAN_BIN ?? 'target/debug/jean');
const START_MS = 30_000;

export const OWNER = { email: 'owner@example.org', password: 'correct horse battery staple' };

export class Server {
  /** All output since the first start. */
  output = '';

  /**
   * Starts a server with an owner's account; with `owner: null`, without one; with `openSignUp`, with sign-up open to
   * every user; with `documents: 'auto'`, with metadata documents of clients only if this computer can fetch them; with
   * `publicUrl`, behind a proxy; with `algorithm: 'EdDSA'`, with a key pair that signs access tokens; with `providers`, with
   * these identity providers.
   */
  static async start({ owner = OWNER, openSignUp = false, documents = 'on', publicUrl = null, algorithm = null, providers = null } = {}) {
    const server = new Server();
    server.options = ['--client-metadata-documents', documents];
    if (openSignUp) server.options.push('--open-sign-up');
    if (publicUrl) server.options.push('--public-url', publicUrl);
    if (algorithm) server.options.push('--access-token-algorithm', algorithm);
    server.data = await mkdtemp(join(tmpdir(), 'jean-e2e-'));
    if (providers) {
      const file = join(server.data, 'providers.json');
      await writeFile(file, JSON.stringify(providers), { mode: 0o600 });
      server.options.push('--identity-providers', file);
    }
    server.port = await freePort();
    server.local = `http://localhost:${server.port}`;
    server.base = publicUrl ?? server.local;
    server.mcpUrl = `${server.base}/mcp`;
    server.owner = owner;
    try {
      await server.#run();
    } catch (error) {
      await rm(server.data, { recursive: true, force: true });
      throw error;
    }
    return server;
  }

  /** Restarts the server after SIGINT, on the same data. */
  async restart() {
    await this.#interrupt();
    await this.#run();
  }

  /** Stops the server and deletes its data. */
  async stop() {
    try {
      await this.#interrupt();
    } finally {
      await rm(this.data, { recursive: true, force: true });
    }
  }

  /** Creates an API key for the owner. Returns the key, the owner's id, and a function that calls a tool with them. */
  async apiKey() {
    const created = await promisify(execFile)(BINARY, ['key', 'create', this.owner.email, '--name', 'e2e', '--data', this.data]);
    const [, userId, key] = /CLIENT\/(\S+)\. [^]*^(jmk_\S+)$/m.exec(created.stdout);
    const call = async (tool, params) => {
      const headers = { 'content-type': 'application/json', 'x-api-key': key };
      const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: tool, params });
      const answer = await fetch(`${this.mcpUrl}/v2/e2e/${userId}`, { method: 'POST', headers, body });
      return (await answer.json()).result.structuredContent;
    };
    return { key, userId, call };
  }

  /** The one-time link of a server without an account. It may accept requests before it has printed the link. */
  async signUpLink() {
    const found = () => this.output.match(/http:\S+\/account\/password\?link=jml_[\w-]+/)?.[0];
    while (!found()) await once(this.child.stdout, 'data');
    return found();
  }

  /** Makes a user an owner. */
  async makeOwner(email) {
    await promisify(execFile)(BINARY, ['user', 'owner', email, '--data', this.data]);
  }

  /** The key that signs the access tokens. */
  secret() {
    return readFile(this.secretFile);
  }

  get secretFile() {
    return join(this.data, 'secret');
  }

  async #run() {
    const owner = this.owner ? ['--owner', this.owner.email] : [];
    const child = spawn(BINARY, ['serve', '--port', `${this.port}`, '--data', this.data, ...owner, ...this.options], {
      cwd: ROOT,
      env: environment(this.owner),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (text) => (this.output += text));
    }
    // An interrupted test must not leave a server running.
    const end = () => child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    this.child = child;
    this.exited = once(child, 'exit');
    // Awaited later, or never if the start fails: #answers reports a missing binary.
    this.exited.catch(() => {});
    try {
      await this.#answers();
    } catch (error) {
      this.child.kill('SIGKILL');
      throw error;
    }
  }

  async #answers() {
    let failure;
    this.child.once('error', (error) => (failure = error));
    const deadline = Date.now() + START_MS;
    while (Date.now() < deadline) {
      if (failure) throw failure;
      assert.equal(this.child.exitCode, null, `the server ended at its start:\n${this.output}`);
      const answer = await fetch(`${this.local}/.well-known/oauth-authorization-server`).catch(() => null);
      if (answer?.ok) return;
      await pause(50);
    }
    assert.fail(`the server does not answer at ${this.local}:\n${this.output}`);
  }

  async #interrupt() {
    this.child.kill('SIGINT');
    const impatient = setTimeout(() => this.child.kill('SIGKILL'), START_MS);
    const [code, signal] = await this.exited;
    clearTimeout(impatient);
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, `Ctrl-C did not end it cleanly:\n${this.output}`);
  }
}

/** The environment without variables that would change the server, so that all runs are the same. */
function environment(owner) {
  const { PATH, HOME } = process.env;
  return { PATH, HOME, ...(owner && { OWNER_PASSWORD: owner.password }) };
}

export async function freePort() {
  const probe = createServer().listen(0, 'localhost');
  await once(probe, 'listening');
  const { port } = probe.address();
  probe.close();
  await once(probe, 'close');
  return port;
}
