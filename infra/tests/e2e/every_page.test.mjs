// Every page in both languages: empty, with long names and foreign scripts, and with problems.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { photograph } from './browser.mjs';
import { authorizationRequest, call, exchange, register } from './oauth.mjs';
import { arrival } from './pages.mjs';
import { stage } from './stage.mjs';

const here = stage({ openSignUp: true });
const PASSWORD = 'correct horse battery staple';
const LONG_NAME = 'The Extraordinarily Verbose Household Assistant of the Lighthouse Keepers';
const HEBREW = 'היא שותה תה ירוק בבוקר, ולא קפה (בלי סוכר)';

/** A browser that photographs the pages of one language. */
class Walk {
  static async begin(locale) {
    const walk = new Walk();
    walk.language = locale.slice(0, 2);
    walk.visited = new Set();
    walk.context = await here.browser.newContext({ locale });
    walk.context.setDefaultTimeout(15_000);
    walk.page = await walk.context.newPage();
    return walk;
  }

  /** Photographs a page. Its name says the language, too. */
  async see(name) {
    assert.equal(await this.page.locator('html').getAttribute('lang'), this.language, name);
    this.visited.add(new URL(this.page.url()).pathname);
    await photograph(this.page, `${name}-${this.language}`);
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

for (const locale of ['en-GB', 'de-DE']) {
  test(`no page scrolls sideways or is hard to use for some, in ${locale}`, { timeout: 600_000 }, async (t) => {
    const walk = await Walk.begin(locale);
    t.after(() => walk.context.close());
    const email = `bartholomew.featherstonehaugh+${walk.language}@a-rather-long-name-of-a-host.example.org`;
    await strangersPages(walk, email);
    await emptyPages(walk);
    await consentPages(walk);
    await memoryPages(walk);
    await accountPages(walk);
    await nothingMissed(walk);
    await lastPages(walk, email);
  });
}

async function strangersPages(walk, email) {
  await walk.open('/', 'start');
  await walk.open('/nowhere', 'not-found');
  await walk.open('/account/password?link=jml_unknown', 'link-expired');
  await walk.open('/oauth/authorize?client_id=nobody_1', 'client-unknown');
  await walk.open('/account/sign-in', 'sign-in');
  await walk.fill({ email, password: 'not the password' });
  await walk.press('[action*=sign-in] button', 'sign-in-wrong');
  await walk.context.clearCookies();
  await walk.fill({ email, password: PASSWORD });
  await walk.press('[action*=sign-in] button', 'no-cookie');
  await walk.open('/account/sign-up', 'sign-up');
  await walk.fill({ email, password: 'jean memory jean memory' });
  await walk.press('[action*=sign-up] button', 'sign-up-problem');
  await walk.fill({ email, password: PASSWORD });
  await walk.press('[action*=sign-up] button', 'connect');
}

async function emptyPages(walk) {
  for (const page of ['', '/memories', '/timeline', '/trash', '/data', '/keys', '/passkeys', '/identities', '/password', '/delete']) {
    await walk.open(`/account${page}`, `empty${page.replace('/', '-')}`);
  }
  await walk.open('/account/password');
  await walk.fill({ password: `${PASSWORD}s`, current: 'not the password' });
  await walk.press('[action="/account/password"] button', 'password-problem');
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
  await walk.press('[name=restore]', 'trash-restored');
  await walk.open('/account/data', 'data');
  await walk.page.locator('[name=file]').setInputFiles({ name: 'a.bin', mimeType: 'a/b', buffer: Buffer.from([0, 1, 2, 255]) });
  await walk.press('[name=file] ~ button', 'data-problem');
  await walk.fill({ list: `- Sings in a choir\n- Drinks white tea, never coffee\n- ${'long '.repeat(2000)}` });
  await walk.press('[name=list] ~ button', 'data-imported');
  await walk.page.locator('[name=file]').setInputFiles({ name: 'a.txt', mimeType: 'text/plain', buffer: Buffer.alloc(5_000_000, 'a ') });
  await walk.press('[name=file] ~ button', 'data-too-large');
  await call(server, lantern, 'delete_all_memories', { confirm: 'delete all memories' });
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
  for (const name of ['laptop', LONG_NAME.slice(0, 60)]) {
    await walk.open('/account/keys');
    await walk.fill({ name });
    await walk.press('[name=days] ~ button', 'new-key');
  }
  await walk.open('/account/keys', 'keys');
  await walk.open('/account/security', 'security');
  await walk.open('/account');
  await walk.press('[action="/account/notices"] button', 'apps-dismissed');
}

async function lastPages(walk, email) {
  await walk.open('/account/delete');
  await walk.fill({ email: 'another@example.org' });
  await walk.press('[action="/account/delete"] button', 'delete-problem');
  await walk.fill({ email });
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
