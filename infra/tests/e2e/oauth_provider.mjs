// The OAuth provider of an application, with in-memory storage. Works with both generations of the TypeScript SDK.
import { randomUUID } from 'node:crypto';

export class OAuthProvider {
  /** The URLs that the SDK asked to open in a browser. A silent refresh adds none. */
  visits = [];

  constructor(redirectUrl, name) {
    this.redirectUrl = redirectUrl;
    this.name = name;
  }

  get clientMetadata() {
    return {
      client_name: this.name,
      redirect_uris: [this.redirectUrl],
      grant_types: ['authorization_code', 'refresh_token'],
      response_types: ['code'],
      token_endpoint_auth_method: 'none',
    };
  }

  state() {
    return (this.lastState = randomUUID());
  }

  redirectToAuthorization(url) {
    this.visits.push(url);
  }

  clientInformation = () => this.client;
  saveClientInformation = (client) => void (this.client = client);
  tokens = () => this.kept;
  saveTokens = (tokens) => void (this.kept = tokens);
  codeVerifier = () => this.verifier;
  saveCodeVerifier = (verifier) => void (this.verifier = verifier);
  discoveryState = () => this.discovery;
  invalidateCredentials = (which) => void (which === 'tokens' && (this.kept = undefined));
  saveDiscoveryState = (discovery) => void (this.discovery = discovery);
}
