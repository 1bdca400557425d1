// OpenID Connect providers of other makes, with their own pages for sign-in and consent. The login that a user types is their
// address and their subject, and every password is right.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';
import { freePort } from './server.mjs';

const SECRET = 'a secret of forty characters and some more';
const START_MS = 30_000;

class IdentityProvider {
  /** Chooses a port. The provider starts later, since it needs the address of the server. */
  constructor(id, label, port, path = '') {
    this.port = port;
    this.issuer = `http://localhost:${port}${path}`;
    const client = { client_id: `jean-at-${id}`, client_secret: SECRET };
    this.setting = { id, label, issuer: this.issuer, ...client, sign_up: 'open' };
  }

  redirectUri(server) {
    return `${server.base}/federate/${this.setting.id}/callback`;
  }

  async metadata() {
    const answer = await fetch(`${this.issuer}/.well-known/openid-configuration`);
    return answer.json();
  }
}

/** oidc-provider: signs with ES256, sends the address at the userinfo endpoint, and names itself in each answer (RFC 9207). */
export class NodeProvider extends IdentityProvider {
  static async at(id, label) {
    return new NodeProvider(id, label, await freePort());
  }

  /** Starts the provider for a server, with a new key. */
  async start(server) {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const key = { ...(await exportJWK(privateKey)), kid: `key-${Date.now()}`, alg: 'ES256', use: 'sig' };
    const { client_id, client_secret } = this.setting;
    const provider = new Provider(this.issuer, {
      clients: [{ client_id, client_secret, redirect_uris: [this.redirectUri(server)], id_token_signed_response_alg: 'ES256' }],
      jwks: { keys: [key] },
      cookies: { keys: ['a key of the cookies'] },
      claims: { openid: ['sub'], email: ['email', 'email_verified'] },
      findAccount: (_, sub) => ({
        accountId: sub,
        claims: () => ({ sub, email: sub, email_verified: !sub.startsWith('unverified') }),
      }),
    });
    this.http = createServer(provider.callback()).listen(this.port, 'localhost');
    await once(this.http, 'listening');
  }

  async stop() {
    this.http.closeAllConnections();
    this.http.close();
    await once(this.http, 'close');
  }

  /** Signs in on the provider's pages. The browser may have a session there. */
  async signIn(page, login) {
    await page.waitForURL(`${this.issuer}/**`);
    const field = page.getByPlaceholder('Enter any login');
    if (await field.count()) {
      await field.fill(login);
      await page.getByPlaceholder('and password').fill('any');
      await page.getByRole('button', { name: 'Sign-in' }).click();
    }
    await page.getByRole('button', { name: 'Continue' }).click();
  }

  async cancel(page) {
    await page.waitForURL(`${this.issuer}/**`);
    await page.getByRole('link', { name: 'Cancel' }).click();
  }
}

/** Django OAuth Toolkit: signs with RS256, has an issuer with a path, and does not name itself in answers. */
export class DjangoProvider extends IdentityProvider {
  static async at(id, label) {
    return new DjangoProvider(id, label, await freePort(), '/o');
  }

  /** Starts the provider for a server, with a new key and an empty database. */
  async start(server) {
    const { client_id, client_secret } = this.setting;
    const python = process.env.PYTHON ?? join(import.meta.dirname, '.venv/bin/python');
    const child = spawn(python, [join(import.meta.dirname, 'python/identity_provider.py')], {
      env: {
        ...process.env,
        PORT: `${this.port}`,
        CLIENT_ID: client_id,
        CLIENT_SECRET: client_secret,
        REDIRECT_URI: this.redirectUri(server),
      },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child = child;
    let output = '';
    child.stderr.setEncoding('utf8').on('data', (text) => (output += text));
    // An interrupted test must not leave a provider running.
    const end = () => child.kill('SIGKILL');
    process.once('exit', end);
    child.once('exit', () => process.off('exit', end));
    const deadline = Date.now() + START_MS;
    while (!(await this.metadata().catch(() => null))) {
      assert.ok(child.exitCode === null && Date.now() < deadline, `the provider does not answer:\n${output}`);
      await pause(100);
    }
  }

  async stop() {
    if (this.child.exitCode !== null) return;
    this.child.kill();
    await once(this.child, 'exit');
  }

  /** Signs in on the provider's pages. The browser may have a session there. */
  async signIn(page, login) {
    await this.#logIn(page, login);
    await page.getByRole('button', { name: 'Authorize' }).click();
  }

  /** The user is asked for consent after they have signed in. */
  async cancel(page) {
    await this.#logIn(page, 'undecided@example.com');
    await page.getByRole('button', { name: 'Cancel' }).click();
  }

  async #logIn(page, login) {
    await page.waitForURL(`http://localhost:${this.port}/**`);
    const field = page.getByLabel('Username');
    if (!(await field.count())) return;
    await field.fill(login);
    await page.getByLabel('Password').fill('any');
    await page.getByRole('button', { name: 'Log in' }).click();
  }
}
