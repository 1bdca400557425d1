// The first run without --owner: a one-time link creates the owner's account.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newPerson, photograph } from './browser.mjs';
import { authorizationRequest, exchange, register } from './oauth.mjs';
import { approve, emailField, passwordField } from './pages.mjs';
import { OWNER } from './server.mjs';
import { stage } from './stage.mjs';

const here = stage({ owner: null });

test('the link that the first run prints makes the account, once, and signing in works', async (t) => {
  const { server, browser, callback } = here;
  const person = await newPerson(browser);
  t.after(() => person.close());
  const page = await person.newPage();
  const link = await server.signUpLink();
  assert.equal(new URL(link).origin, server.base);

  await page.goto(link);
  const save = page.getByRole('button', { name: 'Create account', exact: true });
  await emailField(page).fill(OWNER.email);
  await passwordField(page).fill(OWNER.password);
  await photograph(page, 'owner-link');
  await save.click();
  await save.waitFor({ state: 'hidden' });
  await page.waitForURL(`${server.base}/account/connect`);
  await photograph(page, 'connect');
  const claudeCode = page.locator('details', { hasText: 'Claude Code' });
  await claudeCode.locator('summary').click();
  await claudeCode.getByText('claude mcp add --scope user').waitFor();

  await page.goto(link);
  assert.equal(await save.count(), 0, 'the link works once');
  await photograph(page, 'owner-link-used');

  const client = await register(server, { redirectUri: callback.redirectUri, name: 'Lantern' });
  const request = authorizationRequest(server, client);
  const answer = await approve(browser, request.url, { person: OWNER, client: client.name });
  const tokens = await exchange(server, client, { code: answer.searchParams.get('code'), verifier: request.verifier });
  assert.ok(tokens.access_token);
});
