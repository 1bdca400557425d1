// A strict OAuth library that rejects deviations from the RFCs: media types, letter case, missing members, iss.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as oauth from 'oauth4webapi';
import { approve } from './pages.mjs';
import { OWNER } from './server.mjs';
import { stage } from './stage.mjs';

// The local server uses plain HTTP.
const HTTP = { [oauth.allowInsecureRequests]: true };

const METHODS = {
  none: () => oauth.None(),
  client_secret_post: ({ client_secret }) => oauth.ClientSecretPost(client_secret),
  client_secret_basic: ({ client_secret }) => oauth.ClientSecretBasic(client_secret),
};

const here = stage();

for (const [method, authentication] of Object.entries(METHODS)) {
  test(`oauth4webapi discovers, registers, gets a code, refreshes and revokes with ${method} (RS-01, AS-02, AS-03, AS-05, AS-08, AS-11, AS-12, AS-18)`, async () => {
    const { server, browser, callback } = here;
    const mcp = new URL(server.mcpUrl);

    const resource = await oauth.processResourceDiscoveryResponse(mcp, await oauth.resourceDiscoveryRequest(mcp, HTTP));
    const issuer = new URL(resource.authorization_servers[0]);
    const discovery = await oauth.discoveryRequest(issuer, { ...HTTP, algorithm: 'oauth2' });
    const as = await oauth.processDiscoveryResponse(issuer, discovery);
    assert.ok(as.token_endpoint_auth_methods_supported.includes(method));

    const metadata = {
      client_name: `Strict ${method}`,
      redirect_uris: [callback.redirectUri],
      token_endpoint_auth_method: method,
    };
    const registration = await oauth.dynamicClientRegistrationRequest(as, metadata, HTTP);
    const client = await oauth.processDynamicClientRegistrationResponse(registration);
    assert.equal(client.token_endpoint_auth_method, method);
    const proof = authentication(client);

    const verifier = oauth.generateRandomCodeVerifier();
    const state = oauth.generateRandomState();
    const url = new URL(as.authorization_endpoint);
    url.search = new URLSearchParams({
      response_type: 'code',
      client_id: client.client_id,
      redirect_uri: callback.redirectUri,
      scope: as.scopes_supported.join(' '),
      resource: resource.resource,
      state,
      code_challenge: await oauth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
    });
    const arrived = await approve(browser, url.href, { person: OWNER, client: metadata.client_name });
    // Throws without the right iss, which the metadata announce (RFC 9207 §2.4).
    const answer = oauth.validateAuthResponse(as, client, arrived, state);

    const additionalParameters = { resource: resource.resource };
    const exchange = await oauth.authorizationCodeGrantRequest(
      as, client, proof, answer, callback.redirectUri, verifier, { ...HTTP, additionalParameters },
    );
    const first = await oauth.processAuthorizationCodeResponse(as, client, exchange);
    assert.equal(first.scope, as.scopes_supported.join(' '));
    await expectTools(mcp, first.access_token);

    const refresh = (token) =>
      oauth.refreshTokenGrantRequest(as, client, proof, token, { ...HTTP, additionalParameters });
    const second = await oauth.processRefreshTokenResponse(as, client, await refresh(first.refresh_token));
    assert.notEqual(second.refresh_token, first.refresh_token);
    await expectTools(mcp, second.access_token);

    await oauth.processRevocationResponse(
      await oauth.revocationRequest(as, client, proof, second.refresh_token, HTTP),
    );
    const refused = await refresh(second.refresh_token);
    await assert.rejects(oauth.processRefreshTokenResponse(as, client, refused), {
      name: 'ResponseBodyError',
      error: 'invalid_grant',
      status: 400,
    });
  });
}

test('oauth4webapi reads the challenge of a token that is not good, and where it leads (RS-01, RS-02)', async () => {
  const mcp = new URL(here.server.mcpUrl);
  const error = await listTools(mcp, 'no-good').then(() => assert.fail('let through'), (error) => error);
  assert.ok(error instanceof oauth.WWWAuthenticateChallengeError, `${error}`);
  const [{ scheme, parameters }] = error.cause;
  assert.equal(scheme, 'bearer');
  assert.equal(parameters.error, 'invalid_token');
  assert.equal(parameters.resource_metadata, `${here.server.base}/.well-known/oauth-protected-resource/mcp`);
});

async function expectTools(mcp, accessToken) {
  const response = await listTools(mcp, accessToken);
  assert.equal(response.status, 200);
  assert.ok((await response.json()).result.tools.length > 0);
}

function listTools(mcp, accessToken) {
  const headers = new Headers({ 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' });
  const message = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
  return oauth.protectedResourceRequest(accessToken, 'POST', mcp, headers, message, HTTP);
}
