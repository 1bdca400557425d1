// The OAuth flow as single requests, for tests that act between its steps.
import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';

export async function register(server, { redirectUri, name }) {
  const response = await fetch(`${server.base}/oauth/register`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: JSON.stringify({ client_name: name, redirect_uris: [redirectUri], token_endpoint_auth_method: 'none' }),
  });
  return { ...(await json(response, 201)), redirectUri, name };
}

/** An authorization request with its own verifier and state (RFC 7636). */
export function authorizationRequest(server, client) {
  const verifier = randomBytes(32).toString('base64url');
  const state = randomBytes(16).toString('base64url');
  const url = new URL(`${server.base}/oauth/authorize`);
  url.search = new URLSearchParams({
    response_type: 'code',
    client_id: client.client_id,
    redirect_uri: client.redirectUri,
    scope: 'memory:read memory:write offline_access',
    resource: server.mcpUrl,
    state,
    code_challenge: createHash('sha256').update(verifier).digest('base64url'),
    code_challenge_method: 'S256',
  });
  return { url: url.href, verifier, state };
}

export async function exchange(server, client, { code, verifier }) {
  return token(server, {
    grant_type: 'authorization_code',
    code,
    code_verifier: verifier,
    redirect_uri: client.redirectUri,
    client_id: client.client_id,
  });
}

export async function refresh(server, client, refreshToken) {
  return token(server, { grant_type: 'refresh_token', refresh_token: refreshToken, client_id: client.client_id });
}

/** Revokes a token (RFC 7009). */
export async function revoke(server, client, refreshToken) {
  const body = new URLSearchParams({ token: refreshToken, client_id: client.client_id });
  const response = await fetch(`${server.base}/oauth/revoke`, { method: 'POST', body });
  assert.equal(response.status, 200, await response.text());
}

/** Calls a tool by its bare name as the method, as in the project's first documentation (SD-01). */
export async function call(server, accessToken, tool, params) {
  const response = await fetch(server.mcpUrl, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: `Bearer ${accessToken}` },
    body: JSON.stringify({ jsonrpc: '2.0', id: 1, method: tool, params }),
  });
  const answer = await json(response, 200);
  assert.ok(answer.result && !answer.result.isError, JSON.stringify(answer));
  return answer.result;
}

async function token(server, parameters) {
  const body = new URLSearchParams(parameters);
  return json(await fetch(`${server.base}/oauth/token`, { method: 'POST', body }), 200);
}

async function json(response, status) {
  const text = await response.text();
  assert.equal(response.status, status, `${response.url}: ${text}`);
  return JSON.parse(text);
}
