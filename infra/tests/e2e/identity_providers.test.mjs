// Sign-in with accounts of OpenID Connect providers that are not ours, in Chromium.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { launch, newPerson, photograph } from './browser.mjs';
import { DjangoProvider, NodeProvider } from './identity_providers.mjs';
import { openSignedIn } from './pages.mjs';
import { OWNER, Server } from './server.mjs';

let server, browser, home, school, providers;

before(async () => {
  home = await NodeProvider.at('home', 'Home & Co');
  school = await DjangoProvider.at('school', 'School');
  providers = [home, school];
  server = await Server.start({ providers: providers.map((provider) => provider.setting) });
  for (const provider of providers) await provider.start(server);
  browser = await launch();
});

after(async () => {
  await browser?.close();
  for (const provider of providers ?? []) await provider.stop();
  await server?.stop();
});

const button = (page, name) => page.getByRole('button', { name, exact: true });
const row = (page, provider) => page.getByRole('listitem').filter({ hasText: provider.setting.label });

async function newPage(t) {
  const person = await newPerson(browser);
  t.after(() => person.close());
  return person.newPage();
}

/** A browser without cookies, sent to a provider by its button. */
async function atProvider(t, provider) {
  const page = await newPage(t);
  await page.goto(`${server.base}/account/sign-in`);
  await button(page, `Continue with ${provider.setting.label}`).click();
  return page;
}

/** Signs in with an account of a provider in a browser without cookies, and returns the address of the user here. */
async function signIn(t, provider, login, next = '/account') {
  const page = await atProvider(t, provider);
  await provider.signIn(page, login);
  await page.waitForURL(`${server.base}${next}`);
  await page.goto(`${server.base}/account/security`);
  return page.locator('form.who strong').innerText();
}

test('users sign up and sign in with each provider, also after it has rotated its key', async (t) => {
  const signInPage = await newPage(t);
  await signInPage.goto(`${server.base}/account/sign-in`);
  await photograph(signInPage, 'sign-in-with-providers');
  const logins = new Map(providers.map((provider) => [provider, `ada@${provider.setting.id}.example`]));
  for (const [provider, login] of logins) {
    assert.equal(await signIn(t, provider, login, '/account/connect'), login);
    assert.equal(await signIn(t, provider, login), login);
  }
  for (const provider of providers) {
    await provider.stop();
    await provider.start(server);
  }
  // An unknown key is looked for every ten seconds at most.
  await pause(11_000);
  for (const [provider, login] of logins) assert.equal(await signIn(t, provider, login), login);
});

test('the owner links accounts of both providers, signs in with each, and unlinks one', async (t) => {
  const login = 'owner@elsewhere.example';
  const page = await newPage(t);
  await openSignedIn(page, `${server.base}/account/identities`, OWNER);
  for (const provider of providers) {
    await row(page, provider).getByRole('button', { name: 'Link' }).click();
    await provider.signIn(page, login);
    await page.getByRole('status').getByText('Account linked.').waitFor();
  }
  await photograph(page, 'linked-accounts');
  for (const provider of providers) assert.equal(await signIn(t, provider, login), OWNER.email);

  await row(page, home).getByRole('button', { name: 'Unlink' }).click();
  await page.getByRole('status').getByText('Account unlinked.').waitFor();
  assert.equal(await signIn(t, school, login), OWNER.email);
  // The unlinked account is a stranger's: it opens an account of its own.
  assert.equal(await signIn(t, home, login, '/account/connect'), login);
});

test('an account with the address of another user, an unverified one and a cancelled sign-in open no session', async (t) => {
  const grace = 'grace@example.com';
  await signIn(t, home, grace, '/account/connect');
  for (const [provider, login, text] of [
    [home, OWNER.email, 'There is an account with your email address already.'],
    [school, OWNER.email, 'There is an account with your email address already.'],
    // The same subject, too.
    [school, grace, 'There is an account with your email address already.'],
    [home, 'unverified@example.com', 'Home & Co has not verified your email address'],
    [school, 'unverified@example.com', 'School has not verified your email address'],
  ]) {
    const page = await atProvider(t, provider);
    await provider.signIn(page, login);
    await page.getByText(text).waitFor();
    if (provider === home) await photograph(page, `provider-${login.split('@')[0]}`);
    await expectSignedOut(page);
  }
  for (const provider of providers) {
    const page = await atProvider(t, provider);
    await provider.cancel(page);
    await page.getByRole('heading', { name: 'Sign-in cancelled' }).waitFor();
    await page.getByRole('link', { name: 'Go back' }).click();
    await page.waitForURL(`${server.base}/account/sign-in?**`);
  }
});

/**
 * The first provider is an attacker's (RFC 9700 §4.4): it sends the browser on to the other one, with the state, nonce and
 * challenge of its own request, so that the code of the other one is taken for its own.
 */
async function mixUp(t, asked, other, login) {
  const page = await newPage(t);
  await page.goto(`${server.base}/account/sign-in`);
  const [request] = await Promise.all([
    page.waitForRequest((request) => request.url().includes('code_challenge=')),
    button(page, `Continue with ${asked.setting.label}`).click(),
  ]);
  const url = new URL((await other.metadata()).authorization_endpoint);
  url.search = new URL(request.url()).search;
  url.searchParams.set('client_id', other.setting.client_id);
  url.searchParams.set('redirect_uri', other.redirectUri(server));
  await page.goto(`${url}`);
  return { page, answer: () => other.signIn(page, login) };
}

/** Redirects the answer of a provider to another path here. */
async function divert(page, from, to) {
  const session = await page.context().newCDPSession(page);
  await session.send('Fetch.enable', { patterns: [{ urlPattern: `${from}*` }] });
  session.on('Fetch.requestPaused', ({ requestId, request }) =>
    session.send('Fetch.fulfillRequest', {
      requestId,
      responseCode: 302,
      responseHeaders: [{ name: 'location', value: request.url.replace(from, to) }],
    }),
  );
}

async function expectSignedOut(page) {
  await page.goto(`${server.base}/account`);
  await page.waitForURL(`${server.base}/account/sign-in?**`);
}

test('an answer of one provider is not taken for an answer of the other (RFC 9207)', async (t) => {
  for (const [asked, other, login] of [
    [home, school, 'ada@school.example'],
    [school, home, 'ada@home.example'],
  ]) {
    const honest = await mixUp(t, asked, other, login);
    await honest.answer();
    await honest.page.getByText('This sign-in has expired, was completed already, or began in another browser.').waitFor();
    await expectSignedOut(honest.page);

    // The attacker also has the answer delivered to their own redirect URI here.
    const diverted = await mixUp(t, asked, other, login);
    await divert(diverted.page, other.redirectUri(server), asked.redirectUri(server));
    await diverted.answer();
    await diverted.page.getByText(`The answer of ${asked.setting.label} could not be verified.`).waitFor();
    await expectSignedOut(diverted.page);
  }
});
