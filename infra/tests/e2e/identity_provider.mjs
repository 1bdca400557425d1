// An OpenID Connect provider of another make: oidc-provider, with its own pages for sign-in and consent.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { exportJWK, generateKeyPair } from 'jose';
import { Provider } from 'oidc-provider';
import { freePort } from './server.mjs';

const CLIENT = { client_id: 'jean', client_secret: 'a secret of forty characters and some more' };

export class IdentityProvider {
  /** Chooses a port. The provider starts later, since it needs the address of the server. */
  static async at(id, label) {
    const provider = new IdentityProvider();
    provider.port = await freePort();
    provider.issuer = `http://localhost:${provider.port}`;
    provider.setting = { id, label, issuer: provider.issuer, ...CLIENT, sign_up: 'open' };
    return provider;
  }

  /** Starts the provider for a server, with a new key. */
  async start(server) {
    const { privateKey } = await generateKeyPair('ES256', { extractable: true });
    const key = { ...(await exportJWK(privateKey)), kid: `key-${Date.now()}`, alg: 'ES256', use: 'sig' };
    const provider = new Provider(this.issuer, {
      clients: [{
        ...CLIENT,
        redirect_uris: [`${server.base}/federate/${this.setting.id}/callback`],
        id_token_signed_response_alg: 'ES256',
      }],
      jwks: { keys: [key] },
      cookies: { keys: ['a key of the cookies'] },
      claims: { openid: ['sub'], email: ['email', 'email_verified'] },
      // The login that the user types is the address.
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
}
