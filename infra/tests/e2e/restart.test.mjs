// Restarts of the server during the flow: no state lives in the process.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newPerson } from './browser.mjs';
import { authorizationRequest, call, exchange, refresh, register } from './oauth.mjs';
import { allowButton, approve, arrival, signIn, signInButton } from './pages.mjs';
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

  const secrets = { code: answer.searchParams.get('code'), verifier: request.verifier, password: OWNER.password };
  const tokens = [first, second].flatMap(({ access_token, refresh_token }) => [access_token, refresh_token]);
  for (const secret of [...Object.values(secrets), ...tokens, text, `${await server.secret()}`]) {
    assert.ok(!server.output.includes(secret), `the log holds nothing secret (T-20), and here it does: ${secret}`);
  }
});

test('pages that were open during a restart still work (AS-15, AS-22)', async (t) => {
  const { server, browser, callback } = here;
  const client = await register(server, { redirectUri: callback.redirectUri, name: 'Patience' });
  const request = authorizationRequest(server, client);
  const person = await newPerson(browser);
  t.after(() => person.close());
  const page = await person.newPage();

  await page.goto(request.url);
  await signInButton(page).waitFor();
  await server.restart();
  await signIn(page, OWNER);
  await allowButton(page).waitFor();
  await server.restart();
  await allowButton(page).click();
  const { searchParams } = await arrival(page, client.redirectUri);
  await exchange(server, client, { code: searchParams.get('code'), verifier: request.verifier });
});
