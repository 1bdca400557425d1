// The sign-in and consent pages, operated by their visible labels.
import assert from 'node:assert/strict';
import { newPerson, photograph } from './browser.mjs';

export const signInButton = (page) => page.getByRole('button', { name: 'Sign in', exact: true });
export const allowButton = (page) => page.getByRole('button', { name: 'Allow', exact: true });
export const refuseButton = (page) => page.getByRole('button', { name: "Don't allow", exact: true });
export const emailField = (page) => page.getByLabel('Email');
export const passwordField = (page) => page.getByLabel('Password', { exact: true });

export async function signIn(page, person) {
  await emailField(page).fill(person.email);
  await passwordField(page).fill(person.password);
  await signInButton(page).click();
}

/** Opens a page of the account in a browser that is not signed in. */
export async function openSignedIn(page, url, person) {
  await page.goto(url);
  await signIn(page, person);
  await page.waitForURL(url);
}

/** The consent page names the client, the permissions, the user and the redirect target (AS-15). */
export async function expectConsent(page, { person, client, redirectUri }) {
  await allowButton(page).waitFor();
  await refuseButton(page).waitFor();
  const heading = await page.getByRole('heading', { level: 1 }).innerText();
  assert.ok(heading.includes(client), `the heading names the client: ${heading}`);
  const text = await page.getByRole('main').innerText();
  assert.match(text, /read\b.*memories/i, 'the page says what the client may do');
  assert.ok(text.includes(person.email), `the page says who is signed in: ${text}`);
  const { hostname } = new URL(redirectUri);
  const place = hostname === '127.0.0.1' ? 'your computer' : redirectUri;
  assert.ok(text.includes(place), `the page says where the answer goes: ${text}`);
}

/**
 * Waits until the browser is back at the client, and returns the URL it was redirected to. A navigation interrupted by a
 * second click is no failure here, unlike in playwright's waitForURL.
 */
export async function arrival(page, redirectUri) {
  while (!page.url().startsWith(redirectUri)) await page.waitForEvent('framenavigated');
  return new URL(page.url());
}

/** Opens the authorization URL in a new browser, signs in, allows access, and returns to the client. */
export async function approve(browser, authorizationUrl, { person, client }) {
  const redirectUri = new URL(authorizationUrl).searchParams.get('redirect_uri');
  const context = await newPerson(browser);
  try {
    const page = await context.newPage();
    await page.goto(`${authorizationUrl}`);
    await signInButton(page).waitFor();
    await photograph(page, `sign-in-${client}`);
    await signIn(page, person);
    await expectConsent(page, { person, client, redirectUri });
    await photograph(page, `consent-${client}`);
    await allowButton(page).click();
    return await arrival(page, redirectUri);
  } finally {
    await context.close();
  }
}

/**
 * Answers for a site that need not be reachable, including redirects to it: playwright's routes see only the first
 * request of a redirect chain, and a content security policy would block the last one.
 */
export async function standInFor(page, urlPattern) {
  const session = await page.context().newCDPSession(page);
  await session.send('Fetch.enable', { patterns: [{ urlPattern }] });
  session.on('Fetch.requestPaused', ({ requestId }) =>
    session
      .send('Fetch.fulfillRequest', { requestId, responseCode: 200, body: btoa('Connected.') })
      // The favicon is requested last, when the page may be closed already.
      .catch(() => {}),
  );
}
