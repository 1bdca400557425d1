// Stop and start in the middle of the flow: nothing that was promised lives in the process.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { authorizationRequest, call, exchange, refresh, register } from './oauth.mjs';
import { approve } from './pages.mjs';
import { OWNER } from './server.mjs';
import { stage } from './stage.mjs';

const here = stage();

test('clients, codes, grants and memories outlive a restart after every step of the flow (AS-10, AS-11, AS-22)', async () => {
  const { server, browser, callback } = here;
  const client = await register(server, { redirectUri: callback.redirectUri, name: 'Patience' });
  await server.restart();

  const request = authorizationRequest(server, client);
  const answer = await approve(browser, request.url, { person: OWNER, client: client.name });
  assert.equal(answer.searchParams.get('state'), request.state);
  await server.restart();

  const first = await exchange(server, client, { code: answer.searchParams.get('code'), verifier: request.verifier });
  await server.restart();

  const second = await refresh(server, client, first.refresh_token);
  assert.notEqual(second.refresh_token, first.refresh_token);
  const text = 'The tide table hangs behind the kitchen door.';
  await call(server, second.access_token, 'add_memory', { text });
  await server.restart();

  for (const { access_token } of [second, first]) {
    const found = await call(server, access_token, 'search_memory', { query: 'tide table' });
    assert.ok(JSON.stringify(found).includes(text), JSON.stringify(found));
  }
});
