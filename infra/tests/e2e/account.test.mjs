// The account pages in two browsers and two languages, up to the deletion of the account.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, test } from 'node:test';
import { newPerson, photograph } from './browser.mjs';
import { accessToken } from './connected.mjs';
import { call } from './oauth.mjs';
import { emailField, openSignedIn, signIn, signInButton } from './pages.mjs';
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

test('what is new is told until it is known, and a way leads to every page', async () => {
  const token = await accessToken(here, 'Lantern');
  await call(server, token, 'add_memory', { text: 'Reads by the light of a lantern' });
  await page.goto(address('/account'));
  await signInButton(page).waitFor();
  await photograph(page, 'account-sign-in');
  await openSignedIn(page, address('/account'), OWNER);
  await photograph(page, 'account-news');
  await page.getByRole('button', { name: 'Dismiss' }).click();
  await page.getByRole('heading', { name: 'New since your last visit' }).waitFor({ state: 'hidden' });
  await photograph(page, 'account');
  await page.getByRole('link', { name: 'lantern' }).click();
  await page.getByLabel('Read only').check();
  await page.getByRole('button', { name: 'Save' }).click();
  assert.ok(await page.getByLabel('Read only').isChecked());
  await photograph(page, 'account-connection');
  await page.getByText('Saved.', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Show what would change' }).dblclick();
  const undo = page.getByRole('button', { name: 'Undo its changes since' });
  await undo.waitFor();
  await photograph(page, 'account-undo');
  await undo.dblclick();
  await page.getByText('Memories deleted').waitFor();
  await photograph(page, 'account-undone');
  await page.goto(address('/account/connect'));
  await photograph(page, 'account-connect');
  await page.getByRole('link', { name: 'Security', exact: true }).click();
  await page.getByText('this browser').waitFor();
  await photograph(page, 'account-security');
});

test('a sign-in elsewhere is ended, and asks again there, where it left off', async () => {
  const other = await newPerson(here.browser);
  try {
    const elsewhere = await other.newPage();
    await openSignedIn(elsewhere, address('/account/security'), OWNER);
    await openSignedIn(page, address('/account/security'), OWNER);
    const all = page.getByRole('button', { name: 'Sign out everywhere else' });
    await ((await all.count()) ? all : page.getByRole('button', { name: 'Sign out there' }).first()).click();
    await page.getByRole('button', { name: 'Sign out there' }).waitFor({ state: 'hidden' });
    // The recent sign-in has expired: the user signs in and returns to the page.
    await elsewhere.reload();
    await signIn(elsewhere, OWNER);
    await elsewhere.waitForURL(address('/account/security'));
  } finally {
    await other.close();
  }
});

test('a key is made by a double click, once, is shown once, and is ended', async () => {
  await openSignedIn(page, address('/account/keys'), OWNER);
  await photograph(page, 'account-keys');
  await page.getByLabel('What is it for?').fill('Notes <script>alert(1)</script>');
  await page.getByRole('button', { name: 'Create API key' }).dblclick();
  await page.getByText(/^jmk_/).waitFor();
  await photograph(page, 'account-new-key');
  await page.goto(address('/account/keys'));
  assert.equal(await page.getByText('Notes <script>').count(), 1);
  await page.getByRole('button', { name: 'Revoke', exact: true }).click();
  await page.getByText('No API keys yet.').waitFor();
});

test('memories are added, found, corrected and deleted, and a double click adds one', async () => {
  await openSignedIn(page, address('/account/memories'), OWNER);
  await photograph(page, 'account-no-memories');
  for (const [text, tags] of [['Drinks green tea, never coffee', 'taste'], ['Cycles to work\nwhen it does not rain', 'work, sport']]) {
    await page.getByText('Add a memory', { exact: true }).click();
    await page.getByLabel('Text').fill(text);
    await page.getByLabel('Tags').fill(tags);
    await page.getByRole('button', { name: 'Add', exact: true }).dblclick();
    const [line] = text.split('\n');
    const added = page.getByRole('link', { name: line });
    // A second click shows the result of the first.
    await added.or(page.getByRole('heading', { name: 'Memory', exact: true })).first().waitFor();
    await page.goto(address('/account/memories'));
    assert.equal(await added.count(), 1);
  }
  await photograph(page, 'account-memories');
  await page.getByRole('searchbox').fill('tea');
  await page.keyboard.press('Enter');
  await page.getByText('Best match first.').waitFor();
  assert.equal(await page.getByText('Cycles').count(), 0);
  await photograph(page, 'account-search');
  await page.getByText('green tea').click();
  await photograph(page, 'account-memory-read');
  await page.getByText('Edit', { exact: true }).click();
  await page.getByLabel('Text').fill('Drinks black tea');
  await page.getByLabel('When it happened').fill('yesterday');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('alert').waitFor();
  assert.equal(await page.getByLabel('Text').inputValue(), 'Drinks black tea');
  await photograph(page, 'account-memory-problem');
  await page.getByLabel('When it happened').fill('2026-07-28');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('heading', { name: 'History' }).waitFor();
  await photograph(page, 'account-memory');
  await page.getByText('Delete this memory').first().click();
  await page.getByRole('button', { name: 'Delete this memory' }).click();
  await page.waitForURL(address('/account/memories'));
  assert.equal(await page.getByText('tea').count(), 0);
  await page.goBack();
  await page.getByText('Memory not found').or(page.getByRole('heading', { name: 'Memory', exact: true })).first().waitFor();
});

test('memories are taken along in a file, and brought back', async () => {
  await openSignedIn(page, address('/account/data'), OWNER);
  await photograph(page, 'account-data');
  const started = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Download' }).click();
  const download = await started;
  assert.match(download.suggestedFilename(), /^memories-\d{4}-\d{2}-\d{2}\.jsonl$/);
  const file = await readFile(await download.path());
  const own = JSON.parse(file.toString().split('\n')[0]);
  assert.equal(own.text, 'Cycles to work\nwhen it does not rain');
  const other = { ...own, id: '01JGJ0XV2BAAAAAAAAAAAAAAAA', text: 'Sings in a choir', created_at: '2025-01-02T03:04:05Z' };
  const buffer = Buffer.concat([file, Buffer.from(`${JSON.stringify(other)}\nnonsense\n`)]);
  await page.getByLabel('File').setInputFiles({ name: 'memories.jsonl', mimeType: 'application/json', buffer });
  await page.getByRole('button', { name: 'Import' }).click();
  await page.getByText('invalid JSON (1): line').waitFor();
  assert.match(await page.getByRole('status').innerText(), /Memories added: 1\. Duplicates skipped: 1\./);
  await photograph(page, 'account-imported');
});

test('a passkey is made, signs in without an address, and is removed', async () => {
  const device = await page.context().newCDPSession(page);
  await device.send('WebAuthn.enable');
  const options = {
    protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true,
    isUserVerified: true, automaticPresenceSimulation: true,
  };
  const { authenticatorId } = await device.send('WebAuthn.addVirtualAuthenticator', { options });
  await openSignedIn(page, address('/account/passkeys'), OWNER);
  assert.equal(await page.getByText('Adding a passkey needs JavaScript').isVisible(), false);
  await photograph(page, 'account-no-passkeys');
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByRole('button', { name: 'Remove' }).waitFor();
  await photograph(page, 'account-passkeys');
  // The device already has a passkey for this account and does not create another.
  await page.getByRole('button', { name: 'Add a passkey' }).click();
  await page.getByRole('alert').waitFor();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  const signedIn = page.waitForURL(address('/account'));
  // Either the browser offers the passkey at the email field, or the user clicks the button.
  await page.getByRole('button', { name: 'Sign in with a passkey' }).click({ timeout: 2000 }).catch(() => {});
  await signedIn;
  assert.match(await page.getByRole('main').innerText(), new RegExp(OWNER.email));
  await page.goto(address('/account/passkeys'));
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Remove' }).waitFor({ state: 'detached' });
  await device.send('WebAuthn.removeVirtualAuthenticator', { authenticatorId });
});

test('where there are no scripts, everything works but passkeys, which are not shown', async () => {
  const without = await here.browser.newContext({ javaScriptEnabled: false });
  try {
    const page = await without.newPage();
    await openSignedIn(page, address('/account/passkeys'), OWNER);
    await page.getByText('Adding a passkey needs JavaScript').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Add a passkey' }).count(), 0);
  } finally {
    await without.close();
  }
});

test('a browser without passkeys is told so', async () => {
  await page.addInitScript('delete window.PublicKeyCredential');
  await openSignedIn(page, address('/account/passkeys'), OWNER);
  await page.getByText('Adding a passkey needs JavaScript').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Add a passkey' }).count(), 0);
});

test('a password is changed, and the old one opens nothing', async () => {
  await openSignedIn(page, address('/account/password'), OWNER);
  await photograph(page, 'account-password');
  const changed = { ...OWNER, password: 'a lantern in the boat house' };
  const newPassword = page.getByLabel('New password', { exact: true });
  await newPassword.fill(changed.password);
  await page.getByLabel('Current password', { exact: true }).fill(OWNER.password);
  await page.getByRole('button', { name: 'Save password' }).click();
  await page.waitForURL(address('/account/security'));
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await signIn(page, OWNER);
  await page.getByText('Incorrect email or password.').waitFor();
  await signIn(page, changed);
  await page.waitForURL(address('/account'));
  await page.goto(address('/account/password'));
  await newPassword.fill(OWNER.password);
  await page.getByLabel('Current password', { exact: true }).fill(changed.password);
  await page.getByRole('button', { name: 'Save password' }).click();
  await page.waitForURL(address('/account/security'));
});

test('in German, the pages are German', async () => {
  const german = await here.browser.newContext({ locale: 'de-DE' });
  try {
    const page = await german.newPage();
    await page.goto(address('/account/security'));
    await page.getByLabel('E-Mail').fill(OWNER.email);
    await page.getByLabel('Passwort', { exact: true }).fill(OWNER.password);
    await page.getByRole('button', { name: 'Anmelden', exact: true }).click();
    await page.getByRole('heading', { name: 'Sicherheit' }).waitFor();
    await photograph(page, 'account-security-german');
  } finally {
    await german.close();
  }
});

test('an account is deleted after its address was typed, and its person has a receipt', async () => {
  await openSignedIn(page, address('/account/delete'), OWNER);
  await emailOf(page).fill('somebody@example.org');
  await page.getByRole('button', { name: 'Delete permanently' }).click();
  await page.getByRole('alert').waitFor();
  await photograph(page, 'account-delete');
  await emailOf(page).fill(OWNER.email);
  await page.getByRole('button', { name: 'Delete permanently' }).click();
  await page.getByRole('heading', { name: 'Your account was deleted' }).waitFor();
  await photograph(page, 'account-deleted');
  await page.goto(address('/account'));
  await signIn(page, OWNER);
  await page.getByText('Incorrect email or password.').waitFor();
  assert.equal(await emailField(page).inputValue(), OWNER.email);
});

const emailOf = (page) => page.getByLabel(/To confirm, type/);
