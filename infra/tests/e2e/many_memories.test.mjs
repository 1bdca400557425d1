// The pages of a person with many memories: documents, dates, selection, timeline, and several connections of one app.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { newPerson, photograph } from './browser.mjs';
import { accessToken } from './connected.mjs';
import { authorizationRequest, call, register } from './oauth.mjs';
import { allowButton, openSignedIn, passwordField, signIn, signInButton } from './pages.mjs';
import { OWNER } from './server.mjs';
import { stage } from './stage.mjs';

const here = stage();
let server, person, page;
beforeEach(async () => {
  ({ server } = here);
  person = await newPerson(here.browser);
  page = await person.newPage();
});
afterEach(() => person?.close());

const address = (path) => `${server.base}${path}`;

test('a document is one entry, and selected entries are deleted', async () => {
  const tokens = [await accessToken(here, 'Lantern'), await accessToken(here, 'Lantern')];
  const content = 'Zanzibar is an island. '.repeat(600);
  await call(server, tokens[0], 'store_document', { title: 'Islands of the Indian Ocean', content, tags: ['travel'] });
  for (let number = 0; number < 8; number += 1) {
    await call(server, tokens[number % 2], 'add_memory', { text: `Likes tea number ${number}`, tags: ['taste'] });
  }
  await openSignedIn(page, address('/account'), OWNER);
  await page.getByText('2 connections').waitFor();
  await page.getByText('Show each connection').click();
  await photograph(page, 'account-connections');
  await page.getByRole('link', { name: /^Connected/ }).first().click();
  await page.getByLabel('Your name for it').fill('Lantern on my phone');
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('heading', { name: 'Lantern on my phone' }).waitFor();
  await photograph(page, 'account-connection-renamed');
  await page.goto(address('/account/memories'));
  await page.getByText('Filter by date').click();
  await photograph(page, 'account-memories-list');
  await page.getByRole('link', { name: 'Islands of the Indian Ocean' }).click();
  await page.getByRole('heading', { name: 'Part 2' }).waitFor();
  await photograph(page, 'account-document');
  await page.goto(address('/account/timeline'));
  await page.getByRole('img', { name: 'Memories a week, by app' }).waitFor();
  await page.getByText('As a table').click();
  await photograph(page, 'account-timeline');
  await page.goto(address('/account/memories'));
  await page.getByRole('checkbox', { name: 'Select Islands of the Indian Ocean' }).check();
  await page.getByRole('checkbox', { name: 'Select Likes tea number 3' }).check();
  // The key selects, too, but deletes nothing by itself.
  await page.getByRole('checkbox', { name: 'Select Likes tea number 3' }).press('Enter');
  await page.getByRole('button', { name: 'Move selected to the trash' }).click();
  await page.getByRole('status').getByText('Moved to the trash.').waitFor();
  assert.equal(await page.getByText('Islands of the Indian Ocean').count(), 0);
  assert.equal(await page.getByText('Likes tea number 3').count(), 0);
});

test('a password is shown on request, and hidden again before it is sent', async () => {
  await page.goto(address('/account/sign-in'));
  await passwordField(page).fill(OWNER.password);
  await page.getByLabel('Show password').check();
  assert.equal(await passwordField(page).getAttribute('type'), 'text');
  await photograph(page, 'sign-in-shown');
  await page.getByLabel('Show password').uncheck();
  assert.equal(await passwordField(page).getAttribute('type'), 'password');
  const plain = await here.browser.newContext({ javaScriptEnabled: false });
  const quiet = await plain.newPage();
  await quiet.goto(address('/account/sign-in'));
  assert.equal(await quiet.getByText('Show password').isVisible(), false);
  await plain.close();
});

test('the page after consent for an app with its own scheme says what to do', async () => {
  const redirectUri = 'cursor://anysphere.cursor-mcp/oauth/callback';
  const cursor = await register(server, { redirectUri, name: 'Cursor' });
  await page.goto(authorizationRequest(server, cursor).url);
  await signInButton(page).waitFor();
  await signIn(page, OWNER);
  await allowButton(page).click();
  const link = page.getByRole('link', { name: 'Open Cursor' });
  await link.waitFor();
  assert.ok((await link.getAttribute('href')).startsWith(`${redirectUri}?`));
  assert.equal(await page.getByRole('button').count(), 0);
  await photograph(page, 'consent-app-opened');
});
