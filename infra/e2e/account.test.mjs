// A person looks after their own account: in two browsers, in two languages, and to its end.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { newPerson, photograph } from './browser.mjs';
import { authorizationRequest, register } from './oauth.mjs';
import { approve, emailField, passwordField, signIn, signInButton } from './pages.mjs';
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

async function openSignedIn(page, path) {
  await page.goto(address(path));
  await signIn(page, OWNER);
  await page.waitForURL(address(path));
}

test('what is new is told until it is known, and a way leads to every page', async () => {
  const { callback } = here;
  const client = await register(server, { redirectUri: callback.redirectUri, name: 'Lantern' });
  await approve(here.browser, authorizationRequest(server, client).url, { person: OWNER, client: 'Lantern' });
  await page.goto(address('/account'));
  await signInButton(page).waitFor();
  await photograph(page, 'account-sign-in');
  await openSignedIn(page, '/account');
  await photograph(page, 'account-news');
  await page.getByRole('button', { name: 'I know about these' }).click();
  await page.getByRole('heading', { name: 'New since you last looked' }).waitFor({ state: 'hidden' });
  await photograph(page, 'account');
  await page.getByRole('link', { name: 'Security', exact: true }).click();
  await page.getByText('this browser').waitFor();
  await photograph(page, 'account-security');
});

test('a sign-in elsewhere is ended, and asks again there, where it left off', async () => {
  const other = await newPerson(here.browser);
  try {
    const elsewhere = await other.newPage();
    await openSignedIn(elsewhere, '/account/security');
    await openSignedIn(page, '/account/security');
    const all = page.getByRole('button', { name: 'Sign out everywhere else' });
    await ((await all.count()) ? all : page.getByRole('button', { name: 'Sign out there' }).first()).click();
    await page.getByRole('button', { name: 'Sign out there' }).waitFor({ state: 'hidden' });
    // In the middle of what they did there: they sign in, and are back.
    await elsewhere.reload();
    await signIn(elsewhere, OWNER);
    await elsewhere.waitForURL(address('/account/security'));
  } finally {
    await other.close();
  }
});

test('a key is made by a double click, once, is shown once, and is ended', async () => {
  await openSignedIn(page, '/account/keys');
  await photograph(page, 'account-keys');
  await page.getByLabel('What is it for?').fill('Notes <script>alert(1)</script>');
  await page.getByRole('button', { name: 'Make a key' }).dblclick();
  await page.getByText(/^jmk_/).waitFor();
  await photograph(page, 'account-new-key');
  await page.goto(address('/account/keys'));
  assert.equal(await page.getByText('Notes <script>').count(), 1);
  await page.getByRole('button', { name: 'End', exact: true }).click();
  await page.getByText('There is none.').waitFor();
});

test('a password is changed, and the old one opens nothing', async () => {
  await openSignedIn(page, '/account/password');
  await photograph(page, 'account-password');
  const changed = { ...OWNER, password: 'a lantern in the boat house' };
  await passwordField(page).fill(changed.password);
  await page.getByRole('button', { name: 'Save password' }).click();
  await page.waitForURL(address('/account/security'));
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await signIn(page, OWNER);
  await page.getByText('The email or the password is not right.').waitFor();
  await signIn(page, changed);
  await page.waitForURL(address('/account'));
  await page.goto(address('/account/password'));
  await passwordField(page).fill(OWNER.password);
  await page.getByRole('button', { name: 'Save password' }).click();
  await page.waitForURL(address('/account/security'));
});

test('in German, the pages are German', async () => {
  const german = await here.browser.newContext({ locale: 'de-DE' });
  try {
    const page = await german.newPage();
    await page.goto(address('/account/security'));
    await page.getByLabel('E-Mail').fill(OWNER.email);
    await page.getByLabel('Passwort').fill(OWNER.password);
    await page.getByRole('button', { name: 'Anmelden' }).click();
    await page.getByRole('heading', { name: 'Sicherheit' }).waitFor();
    await photograph(page, 'account-security-german');
  } finally {
    await german.close();
  }
});

test('an account is deleted after its address was typed, and its person has a receipt', async () => {
  await openSignedIn(page, '/account/delete');
  await emailOf(page).fill('somebody@example.org');
  await page.getByRole('button', { name: 'Delete for ever' }).click();
  await page.getByRole('alert').waitFor();
  await photograph(page, 'account-delete');
  await emailOf(page).fill(OWNER.email);
  await page.getByRole('button', { name: 'Delete for ever' }).click();
  await page.getByRole('heading', { name: 'Your account is deleted' }).waitFor();
  await photograph(page, 'account-deleted');
  await page.goto(address('/account'));
  await signIn(page, OWNER);
  await page.getByText('The email or the password is not right.').waitFor();
  assert.equal(await emailField(page).inputValue(), OWNER.email);
});

const emailOf = (page) => page.getByLabel(/To confirm, type/);
