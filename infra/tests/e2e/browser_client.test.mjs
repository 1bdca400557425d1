// A client that is a web page, like the Inspector: every response must satisfy the browser's CORS rules (RS-07).
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newPerson } from './browser.mjs';
import { authorizationRequest } from './oauth.mjs';
import { approve } from './pages.mjs';
import { OWNER } from './server.mjs';
import { stage } from './stage.mjs';

const here = stage();

test('a page on localhost reads the challenge, discovers, registers, gets a token and calls a tool (RS-02, RS-07, AS-02)', async (t) => {
  const { server, browser, callback } = here;
  const person = await newPerson(browser);
  t.after(() => person.close());
  const page = await person.newPage();
  await page.goto(`http://localhost:${new URL(callback.redirectUri).port}/`);
  const send = (url, options) => page.evaluate(fetchInPage, [url, options]);
  const version = { 'MCP-Protocol-Version': '2025-11-25' };
  const json = { 'Content-Type': 'application/json', Accept: 'application/json, text/event-stream' };
  const search = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'search_memory', params: { query: 'test' } });

  const refused = await send(server.mcpUrl, { method: 'POST', headers: { ...json, ...version }, body: search });
  assert.equal(refused.status, 401);
  const [, metadataUrl] = refused.challenge.match(/resource_metadata="([^"]+)"/);

  const resource = await send(metadataUrl, { headers: version });
  assert.equal(resource.body.resource, server.mcpUrl);
  const [issuer] = resource.body.authorization_servers;
  const { body: metadata } = await send(`${issuer}/.well-known/oauth-authorization-server`, { headers: version });
  assert.equal(metadata.issuer, server.base);

  const registered = await send(metadata.registration_endpoint, {
    method: 'POST',
    headers: json,
    body: JSON.stringify({ client_name: 'Inspector', redirect_uris: [callback.redirectUri] }),
  });
  assert.equal(registered.status, 201);

  const client = { ...registered.body, redirectUri: callback.redirectUri };
  const request = authorizationRequest(server, client);
  const answer = await approve(browser, request.url, { person: OWNER, client: 'Inspector' });
  const tokens = await send(metadata.token_endpoint, {
    method: 'POST',
    headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      code: answer.searchParams.get('code'),
      code_verifier: request.verifier,
      redirect_uri: callback.redirectUri,
      client_id: client.client_id,
    }).toString(),
  });
  assert.equal(tokens.status, 200, JSON.stringify(tokens));

  const authorization = { Authorization: `Bearer ${tokens.body.access_token}` };
  const found = await send(server.mcpUrl, { method: 'POST', headers: { ...json, ...authorization }, body: search });
  assert.equal(found.status, 200, JSON.stringify(found));
  assert.ok(found.body.result, JSON.stringify(found));
});

test('a page of another origin learns nothing from any endpoint (RS-07, T-26)', async (t) => {
  const { server, browser, callback } = here;
  const person = await newPerson(browser);
  t.after(() => person.close());
  const page = await person.newPage();
  const complaints = [];
  page.on('console', (message) => complaints.push(message.text()));
  // On this computer, since Chromium would block another address; but not on an allowed localhost origin.
  await page.goto(`http://elsewhere.localhost:${new URL(callback.redirectUri).port}/`);
  for (const path of ['/mcp', '/oauth/token', '/oauth/register', '/.well-known/oauth-authorization-server']) {
    const read = page.evaluate((url) => fetch(url).then((response) => response.status), server.base + path);
    await assert.rejects(read, /Failed to fetch/, path);
    // Rejected by the server, not by the network.
    const last = complaints.findLast((complaint) => complaint.includes(`${server.base}${path}'`)) ?? '';
    assert.match(last, /No 'Access-Control-Allow-Origin' header is present/, complaints.join('\n'));
  }
});

/** Runs in the page, where a header that is not exposed reads as null. */
async function fetchInPage([url, options]) {
  const response = await fetch(url, options);
  const text = await response.text();
  return {
    status: response.status,
    challenge: response.headers.get('WWW-Authenticate'),
    body: text && JSON.parse(text),
  };
}
