// Sign-in with an account of an OpenID Connect provider that is not ours, in Chromium.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { launch, newPerson, photograph } from './browser.mjs';
import { IdentityProvider } from './identity_provider.mjs';
import { openSignedIn } from './pages.mjs';
import { OWNER, Server } from './server.mjs';

const ADA = 'ada@example.com';
let server, browser, provider;

before(async () => {
  provider = await IdentityProvider.at('home', 'Home & Co');
  server = await Server.start({ providers: [provider.setting] });
  await provider.start(server);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await provider?.stop();
  await server?.stop();
});

const button = (page, name) => page.getByRole('button', { name, exact: true });

/** Signs in at the provider, whose session may already have a user. */
async function signInThere(page, login) {
  await page.waitForURL(`${provider.issuer}/**`);
  const field = page.getByPlaceholder('Enter any login');
  if (await field.count()) {
    await field.fill(login);
    await page.getByPlaceholder('and password').fill('any');
    await page.getByRole('button', { name: 'Sign-in' }).click();
  }
  await page.getByRole('button', { name: 'Continue' }).click();
}

async function newPage(t) {
  const person = await newPerson(browser);
  t.after(() => person.close());
  return person.newPage();
}

async function emailOf(page) {
  await page.goto(`${server.base}/account/security`);
  return page.locator('form.who strong').innerText();
}

test('a user signs up, signs in, and is found after the provider has rotated its key', async (t) => {
  const page = await newPage(t);
  await page.goto(`${server.base}/account/sign-in`);
  await photograph(page, 'sign-in-with-providers');
  await button(page, 'Continue with Home & Co').click();
  await signInThere(page, ADA);
  await page.waitForURL(`${server.base}/account/connect`);
  assert.equal(await emailOf(page), ADA);

  const other = await newPage(t);
  await other.goto(`${server.base}/account/sign-in`);
  await button(other, 'Continue with Home & Co').click();
  await signInThere(other, ADA);
  await other.waitForURL(`${server.base}/account`);

  await provider.stop();
  await provider.start(server);
  // An unknown key is looked for every ten seconds at most.
  await pause(11_000);
  const third = await newPage(t);
  await third.goto(`${server.base}/account/sign-in`);
  await button(third, 'Continue with Home & Co').click();
  await signInThere(third, ADA);
  await third.waitForURL(`${server.base}/account`);
});

test('the owner links an account, signs in with it, and unlinks it', async (t) => {
  const page = await newPage(t);
  await openSignedIn(page, `${server.base}/account/identities`, OWNER);
  await button(page, 'Link').click();
  await signInThere(page, 'owner@elsewhere.example');
  await page.getByRole('status').getByText('Account linked.').waitFor();
  await photograph(page, 'linked-accounts');

  const other = await newPage(t);
  await other.goto(`${server.base}/account/sign-in`);
  await button(other, 'Continue with Home & Co').click();
  await signInThere(other, 'owner@elsewhere.example');
  await other.waitForURL(`${server.base}/account`);
  assert.equal(await emailOf(other), OWNER.email);

  await button(page, 'Unlink').click();
  await page.getByRole('status').getByText('Account unlinked.').waitFor();
});

test('an account with the address of the owner, an unverified one and a cancelled sign-in sign nobody in', async (t) => {
  for (const [login, text] of [
    [OWNER.email, 'There is an account with your email address already.'],
    ['unverified@example.com', 'has not verified your email address'],
  ]) {
    const page = await newPage(t);
    await page.goto(`${server.base}/account/sign-in`);
    await button(page, 'Continue with Home & Co').click();
    await signInThere(page, login);
    await page.getByText(text).waitFor();
    await photograph(page, `provider-${login.split('@')[0]}`);
  }
  const page = await newPage(t);
  await page.goto(`${server.base}/account/sign-in`);
  await button(page, 'Continue with Home & Co').click();
  await page.waitForURL(`${provider.issuer}/**`);
  await page.getByRole('link', { name: 'Cancel' }).click();
  await page.getByRole('heading', { name: 'Sign-in cancelled' }).waitFor();
  await page.getByRole('link', { name: 'Go back' }).click();
  await page.waitForURL(`${server.base}/account/sign-in?**`);
});
