// Every page and every act that changes something: in a browser without JavaScript, in English and in German. The pages are
// empty, have long names and foreign scripts, and report problems.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { expectFit, photograph } from './browser.mjs';
import { authorizationRequest, call, exchange, register } from './oauth.mjs';
import { arrival } from './pages.mjs';
import { stage } from './stage.mjs';

const here = stage({ owner: null, openSignUp: true });
const PASSWORD = 'correct horse battery staple';
const LONG_NAME = 'The Extraordinarily Verbose Household Assistant of the Lighthouse Keepers';
const HEBREW = 'היא שותה תה ירוק בבוקר, ולא קפה (בלי סוכר)';

/** A browser that looks at each page in one language, by a function of its own. */
class Walk {
  static async begin({ locale, javaScriptEnabled = true, look }) {
    const walk = new Walk();
    walk.look = look;
    walk.language = locale.slice(0, 2);
    walk.hasScripts = javaScriptEnabled;
    walk.email = `bartholomew.featherstonehaugh+${walk.language}.${javaScriptEnabled}@a-rather-long-name-of-a-host.example.org`;
    walk.password = PASSWORD;
    walk.visited = new Set();
    walk.context = await here.browser.newContext({ locale, javaScriptEnabled });
    // Long enough for a computer that compiles at the same time.
    walk.context.setDefaultTimeout(60_000);
    walk.page = await walk.context.newPage();
    return walk;
  }

  /** Looks at the page. Its name says the language, too. */
  async see(name) {
    assert.equal(await this.page.locator('html').getAttribute('lang'), this.language, name);
    this.visited.add(new URL(this.page.url()).pathname);
    await this.look(this.page, `${name}-${this.language}`);
  }

  async open(path, name) {
    await this.page.goto(new URL(path, here.server.base).href);
    if (name) await this.see(name);
  }

  async fill(fields) {
    for (const [name, value] of Object.entries(fields)) await this.page.locator(`[name=${name}]`).last().fill(value);
  }

  /** Sends a form with the keyboard: buttons take no pointer in the first second (SR-05). */
  async press(button, name) {
    const left = this.page.waitForEvent('framenavigated');
    await this.page.locator(button).first().press('Enter');
    await left;
    await this.page.waitForLoadState();
    if (name) await this.see(name);
  }

  async signIn() {
    await this.fill({ email: this.email, password: this.password });
    await this.press('[action*=sign-in] button');
  }

  /** Connects a client, and returns its access token. */
  async connect(name) {
    const client = await register(here.server, { redirectUri: here.callback.redirectUri, name });
    const { url, verifier } = authorizationRequest(here.server, client);
    await this.open(url);
    await this.press('[value=allow]');
    const code = (await arrival(this.page, client.redirectUri)).searchParams.get('code');
    return (await exchange(here.server, client, { code, verifier })).access_token;
  }
}

const walks = {
  'no page needs a script': { locale: 'en-GB', javaScriptEnabled: false, look: expectNoScript },
  'no page scrolls sideways or is hard to use for some': { locale: 'en-GB', look: photograph },
  'German fits into the pages': { locale: 'de-DE', look: expectFit },
};
for (const [name, options] of Object.entries(walks)) {
  test(name, { timeout: 600_000 }, async (t) => {
    const walk = await Walk.begin(options);
    t.after(() => walk.context.close());
    await strangersPages(walk);
    await emptyPages(walk);
    await consentPages(walk);
    await memoryPages(walk);
    await accountPages(walk);
    await ownersPages(walk);
    await nothingMissed(walk);
    await lastPages(walk);
  });
}

/** The page hides the controls of a script. The texts for browsers without scripts fit. axe itself needs scripts. */
async function expectNoScript(page, name) {
  assert.equal(await page.locator('[data-passkey]:visible, [data-show]:visible').count(), 0, name);
  if (await page.locator('noscript').count()) await expectFit(page, `${name}-no-script`);
}

/** Playwright finds no text in a noscript element by the text. */
async function expectNoScriptText(page, text) {
  assert.ok((await page.locator('noscript').innerText()).includes(text));
}

async function strangersPages(walk) {
  const { email } = walk;
  await walk.open('/', 'start');
  await walk.open('/nowhere', 'not-found');
  await forApps(walk);
  await walk.open('/account/password?link=jml_unknown', 'link-expired');
  await walk.open('/oauth/authorize?client_id=nobody_1', 'client-unknown');
  await walk.open('/account/sign-in', 'sign-in');
  if (!walk.hasScripts) await expectNoScriptText(walk.page, 'Signing in with a passkey needs JavaScript.');
  await walk.fill({ email, password: 'not the password' });
  await walk.press('[action*=sign-in] button', 'sign-in-wrong');
  await walk.context.clearCookies();
  await walk.fill({ email, password: PASSWORD });
  await walk.press('[action*=sign-in] button', 'no-cookie');
  await walk.open('/account/sign-up', 'sign-up');
  // The link of the first start is good while there is no account.
  if (!walk.hasScripts) await walk.open(await here.server.signUpLink(), 'sign-up-link');
  await walk.fill({ email, password: 'jean memory jean memory' });
  await walk.press('form[method=post] button', 'sign-up-problem');
  await walk.fill({ email, password: PASSWORD });
  await walk.press('form[method=post] button', 'connect');
  await connectPage(walk);
  await walk.press('[action="/account/sign-out"] button');
  await walk.signIn();
  // Another session, which the first one ends.
  await walk.context.clearCookies();
  await walk.open('/account/security');
  await walk.signIn();
  await walk.press('[name=end]', 'security-signed-out');
  assert.equal(await walk.page.locator('[name=end]').count(), 0);
}

/** The address for apps has a page, too, in English alone: its function has no languages. */
async function forApps({ page, look }) {
  const answer = await page.goto(here.server.mcpUrl);
  assert.equal(answer.status(), 401);
  await page.getByRole('heading', { name: 'This address is for apps' }).waitFor();
  await look(page, 'mcp');
}

/** The address and each command are selected as a whole by one click. */
async function connectPage(walk) {
  const { page } = walk;
  for (const details of await page.locator('main details').all()) {
    await details.locator('summary').click();
    for (const code of await details.locator('.copy').all()) {
      assert.equal(await code.evaluate((element) => getComputedStyle(element).userSelect), 'all');
      assert.ok(await code.isVisible());
    }
  }
  assert.equal(await page.locator('.copy').first().innerText(), here.server.mcpUrl);
  // At once, which a user cannot have: they would close each other.
  await page.locator('main').evaluate((main) => {
    for (const details of main.querySelectorAll('details')) {
      details.removeAttribute('name');
      details.open = true;
    }
  });
  await walk.see('connect-each');
}

async function emptyPages(walk) {
  for (const page of ['', '/memories', '/timeline', '/trash', '/data', '/keys', '/passkeys', '/identities', '/password', '/delete']) {
    await walk.open(`/account${page}`, `empty${page.replace('/', '-')}`);
  }
  await walk.open('/account/passkeys');
  if (!walk.hasScripts) await walk.page.getByText('Adding a passkey needs JavaScript').waitFor();
  await walk.open('/account/password');
  await walk.fill({ password: `${PASSWORD}s`, current: 'not the password' });
  await walk.press('[action="/account/password"] button', 'password-problem');
  await walk.fill({ password: `${PASSWORD}s`, current: PASSWORD });
  await walk.press('[action="/account/password"] button', 'password-changed');
  walk.password = `${PASSWORD}s`;
}

/** The consent page for each kind of client. */
async function consentPages(walk) {
  for (const [name, redirectUri, scope] of [
    ['Claude', 'https://claude.ai/api/mcp/auth_callback'],
    ['Claude by Anthropic', 'https://claude-login.example/callback'],
    [LONG_NAME, `https://${'sub.'.repeat(20)}example.org/callback`],
    ['עוזר אישי', 'http://127.0.0.1:33418/callback'],
    ['Notes', 'https://notes.example/callback', 'memory:read'],
    ['Cursor', 'cursor://anysphere.cursor-mcp/oauth/callback'],
  ]) {
    const client = await register(here.server, { redirectUri, name });
    const request = new URL(authorizationRequest(here.server, client).url);
    if (scope) request.searchParams.set('scope', scope);
    await walk.open(request.href, `consent-${client.client_id.split('_')[0]}`);
  }
  await walk.press('[value=allow]', 'open-app');
  // The former tab asks whether to open Cursor.
  walk.page = await walk.context.newPage();
}

async function memoryPages(walk) {
  const { server } = here;
  const [lantern, again, long] = [await walk.connect('Lantern'), await walk.connect('Lantern'), await walk.connect(LONG_NAME)];
  const tea = await call(server, lantern, 'add_memory', { text: 'Drinks green tea, never coffee', tags: ['taste'] });
  await call(server, again, 'add_memory', { text: HEBREW, tags: ['שתייה', 'taste'] });
  await call(server, long, 'add_memory', {
    text: `Keeps the key in ${'x'.repeat(400)}\nand writes it down 🗝️`,
    tags: ['Donaudampfschifffahrtsgesellschaftskapitaenspatent', 'work'],
    source_url: `https://example.org/${'path/'.repeat(30)}`,
  });
  await call(server, long, 'update_memory', { id: idOf(tea), text: 'Drinks white tea, never coffee' });
  const content = 'Zanzibar is an island. '.repeat(600);
  await call(server, lantern, 'store_document', { title: 'Islands of the Indian Ocean', content, tags: ['travel'] });
  for (let number = 0; number < 6; number += 1) {
    await call(server, lantern, 'add_memory', { text: `Likes song number ${number}`, tags: ['music'] });
  }
  await walk.open('/account/memories', 'memories');
  await walk.press('[name=delete]', 'memories-none-selected');
  await walk.open('/account/memories?q=tea', 'memories-found');
  await walk.open('/account/memories?q=zeppelin', 'memories-not-found');
  await walk.open('/account/memories?tag=taste&from=2026-01-01', 'memories-filtered');
  await walk.open(`/account/memories/${idOf(tea)}`, 'memory');
  await walk.page.locator('details', { has: walk.page.locator('[name=occurred_at]') }).locator('summary').click();
  await walk.fill({ occurred_at: 'yesterday' });
  await walk.press('[name=occurred_at] ~ button', 'memory-problem');
  await walk.fill({ text: 'Drinks black tea', occurred_at: '2026-01-02' });
  await walk.press('[name=occurred_at] ~ button', 'memory-saved');
  await walk.press('[name=restore]');
  assert.match(await walk.page.locator('.reading').innerText(), /white tea/);
  await walk.page.locator('details', { has: walk.page.locator('[value=memory]') }).locator('summary').click();
  await walk.press('[value=memory]', 'memory-deleted');
  await walk.open('/account/trash');
  await walk.press('[name=restore]');
  await walk.open('/account/memories');
  await walk.page.locator('a.text', { hasText: 'xxx' }).press('Enter');
  await walk.page.waitForURL(/memories\/\w+/);
  await walk.see('memory-long');
  await walk.open('/account/memories?q=zanzibar');
  await walk.page.locator('a.badge[href^="/account/memories/"]').first().press('Enter');
  await walk.page.waitForURL(/memories\/\w+/);
  await walk.see('memory-part');
  await walk.open(await walk.page.locator('main p a').first().getAttribute('href'), 'document');
  await walk.open('/account/memories/01JGJ0XV2BAAAAAAAAAAAAAAAA', 'memory-missing');
  await walk.open('/account/timeline', 'timeline');
  await walk.page.locator('summary').click();
  await walk.see('timeline-table');
  await walk.open('/account/memories');
  for (const box of await walk.page.locator('[type=checkbox]').all()) await box.check();
  await walk.see('memories-selected');
  await walk.press('[name=delete]', 'memories-moved');
  await walk.open('/account/trash', 'trash');
  await walk.page.locator('main summary').first().click();
  await walk.see('trash-open');
  await walk.press('[name=restore]', 'trash-restored');
  await walk.open('/account/data', 'data');
  await exportAndImport(walk);
  await walk.page.locator('[name=file]').setInputFiles({ name: 'a.bin', mimeType: 'a/b', buffer: Buffer.from([0, 1, 2, 255]) });
  await walk.press('[name=file] ~ button', 'data-problem');
  await walk.fill({ list: `- Sings in a choir\n- Drinks white tea, never coffee\n- ${'long '.repeat(2000)}` });
  await walk.press('[name=list] ~ button', 'data-imported');
  await walk.page.locator('[name=file]').setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.alloc(5_000_000, 'a ') });
  await walk.press('[name=file] ~ button', 'data-too-large');
  await call(server, lantern, 'delete_all_memories', { confirm: 'delete all memories' });
}

/** The file of the export is imported again: all are duplicates. */
async function exportAndImport(walk) {
  const started = walk.page.waitForEvent('download');
  await walk.page.locator('a[href^="/account/data/export"]').click();
  const file = await (await started).path();
  const count = (await readFile(file, 'utf8')).trim().split('\n').length;
  assert.ok(count > 10, `${count}`);
  await walk.page.locator('[name=file]').setInputFiles(file);
  await walk.press('[name=file] ~ button');
  const counts = await walk.page.getByRole('status').locator('strong').allInnerTexts();
  assert.deepEqual(counts, ['0', `${count}`]);
}

async function accountPages(walk) {
  await walk.open('/account', 'apps');
  for (const details of await walk.page.locator('summary').all()) await details.click();
  await walk.see('apps-each');
  const connection = await walk.page.locator('a[href*="/connections/"]').first().getAttribute('href');
  await walk.open(connection, 'connection');
  await walk.press('[name=since] ~ button', 'undo-preview');
  await walk.press('[value=confirmed]', 'undone');
  await walk.fill({ given_name: LONG_NAME });
  await walk.press('[name=rename]', 'connection-renamed');
  await walk.page.locator('[name=access][value=read]').check();
  await walk.press('fieldset ~ button', 'connection-saved');
  assert.ok(await walk.page.locator('[name=access][value=read]').isChecked());
  for (const name of ['laptop', LONG_NAME.slice(0, 60)]) {
    await walk.open('/account/keys');
    await walk.fill({ name });
    await walk.press('[name=days] ~ button', 'new-key');
  }
  await walk.open('/account/keys', 'keys');
  await walk.press('[name=end]', 'key-revoked');
  assert.equal(await walk.page.locator('[name=end]').count(), 1);
  await walk.open('/account/security', 'security');
  await walk.open('/account');
  await walk.press('[action="/account/notices"] button', 'apps-dismissed');
  const connections = await walk.page.locator('a[href*="/connections/"]').count();
  await walk.open(connection);
  await walk.press('[name=disconnect]', 'apps-disconnected');
  assert.equal(await walk.page.locator('a[href*="/connections/"]').count(), connections - 1);
}

/** The pages with which an owner manages users. */
async function ownersPages(walk) {
  const { email, page } = walk;
  const guest = `guest.${email}`;
  const open = async (user, name) => {
    await walk.open('/account/users');
    await page.getByRole('link', { name: user, exact: true }).press('Enter');
    await page.waitForURL(/users\/\w+/);
    await walk.see(name);
  };
  await here.server.makeOwner(email);
  await walk.open('/account/users', 'users');
  await walk.fill({ email });
  await walk.press('[name=email] ~ button', 'users-problem');
  await walk.fill({ email: guest });
  await walk.press('[name=email] ~ button', 'invitation');
  await open(email, 'user-own');
  await open(guest, 'user');
  await walk.press('[value=sign-out]', 'user-signed-out');
  await walk.press('[value=disable]', 'user-disabled');
  await walk.press('[value=enable]', 'user-enabled');
}

async function lastPages(walk) {
  await walk.open('/account/delete');
  await walk.fill({ email: 'another@example.org' });
  await walk.press('[action="/account/delete"] button', 'delete-problem');
  await walk.fill({ email: walk.email });
  await walk.press('[action="/account/delete"] button', 'deleted');
}

/** Every route of the account is among the visited pages, or has no page of its own. */
async function nothingMissed(walk) {
  const template = await readFile(join(import.meta.dirname, '../../../template.yaml'), 'utf8');
  const routes = [...template.matchAll(/RouteKey: ANY (\/(?:oauth\/|account).*|\/)$/gm)].map(([, path]) => path);
  assert.ok(routes.length > 10, `${routes}`);
  for (const route of routes) {
    const pattern = new RegExp(`^${route.replace(/\{\w+\}/g, '[^/]+')}$`);
    if ([...walk.visited].some((path) => pattern.test(path))) continue;
    const answer = await walk.page.request.get(new URL(route, here.server.base).href, { maxRedirects: 0 });
    assert.ok(!(answer.headers()['content-type'] ?? '').startsWith('text/html'), `${route} has a page that was not visited`);
  }
}

const idOf = (result) => JSON.stringify(result).match(/[0-9A-HJKMNP-TV-Z]{26}/)[0];
