// Takes the pictures of the README again, of a server with the memories of a made-up user. Run by hand after the pages have
// changed: node infra/tests/e2e/pictures.mjs [FOLDER]. Without a folder, those of infra/docs/pictures are replaced.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { DESK, PHONE, launch } from './browser.mjs';
import { authorizationRequest, call, exchange, register } from './oauth.mjs';
import { allowButton, arrival, openSignedIn, standInFor } from './pages.mjs';
import { Server } from './server.mjs';

const FOLDER = process.argv[2] ?? join(import.meta.dirname, '../../docs/pictures');
const USER = { email: 'ada@example.org', password: 'correct horse battery staple' };
const CLAUDE = { name: 'Claude', redirectUri: 'https://claude.ai/api/mcp/auth_callback' };
const CHATGPT = { name: 'ChatGPT', redirectUri: 'https://chatgpt.com/connector_platform_oauth_redirect' };

/** Memories as the apps write them, oldest first. */
const MEMORIES = [
  [CHATGPT, 'Learns Portuguese, and wants examples with European spelling', ['languages']],
  [CLAUDE, 'Works on a search engine for library catalogues, in Rust', ['work']],
  [CHATGPT, 'Lisbon from 3 to 10 October: flights are booked, the hotel is not', ['travel']],
  [CLAUDE, 'Vegetarian. Allergic to hazelnuts, other nuts are fine', ['food', 'health']],
  [CLAUDE, 'Prefers short answers, with the command first and the reason after it', ['preferences']],
];
const OLDER = [
  ['claude', 'Reviews pull requests in the morning', 'work', 31],
  ['chatgpt', 'Asked for an overview of sourdough starters', 'food', 26],
  ['chatgpt', 'Reads science fiction, most recently Becky Chambers', 'books', 19],
  ['claude', 'The catalogue is deployed on Tuesdays', 'work', 18],
  ['claude', 'Uses the metric system and a 24-hour clock', 'preferences', 12],
  ['chatgpt', 'Sister Grace lives in Porto', 'family', 11],
  ['claude', 'Plays the cello in an amateur orchestra', 'music', 4],
];

const server = await Server.start({ owner: USER });
const browser = await launch();
try {
  const context = await browser.newContext({ viewport: PHONE, deviceScaleFactor: 1.5 });
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  await standInFor(page, 'https://*');
  await openSignedIn(page, `${server.base}/account`, USER);
  await importOlder(page);
  const tokens = new Map();
  for (const client of [CHATGPT, CLAUDE]) tokens.set(client, await connect(page, client));
  for (const [client, text, tags] of MEMORIES) await call(server, tokens.get(client), 'add_memory', { text, tags });
  await page.goto(`${server.base}/account`);
  await page.getByRole('button', { name: 'Dismiss' }).click();

  await mkdir(FOLDER, { recursive: true });
  await take(page, '/account/memories', 'memories');
  await take(page, '/account/timeline', 'timeline');
  await take(page, consentRequest(await register(server, { name: 'Claude', redirectUri: CLAUDE.redirectUri })), 'consent');
} finally {
  await browser.close();
  await server.stop();
}

/** A picture in light and in dark colours, of the part that a phone shows. */
async function take(page, path, name) {
  await page.goto(new URL(path, server.base).href);
  for (const colorScheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme });
    await page.screenshot({ path: join(FOLDER, `${name}-${colorScheme}.png`) });
  }
  await page.emulateMedia({ colorScheme: 'light' });
}

function consentRequest(client) {
  return authorizationRequest(server, client).url;
}

async function connect(page, { name, redirectUri }) {
  const client = await register(server, { name, redirectUri });
  const { url, verifier } = authorizationRequest(server, client);
  await page.goto(url);
  await allowButton(page).click();
  const code = (await arrival(page, redirectUri)).searchParams.get('code');
  return (await exchange(server, client, { code, verifier })).access_token;
}

/** Imports memories of the last month, in the format of the export. */
async function importOlder(page) {
  const lines = OLDER.map(([client, text, tag, days], index) => {
    const created = new Date(Date.now() - days * 86_400_000 - index * 3_600_000);
    const writer = { client, credential: 'person' };
    return JSON.stringify({ id: ulid(created), text, tags: [tag], created_at: created.toISOString(), written_by: writer });
  });
  await page.goto(`${server.base}/account/data`);
  const buffer = Buffer.from(lines.join('\n'));
  await page.getByLabel('File').setInputFiles({ name: 'memories.jsonl', mimeType: 'application/json', buffer });
  await page.getByRole('button', { name: 'Import' }).click();
  await page.getByText(`Memories added: ${OLDER.length}.`).waitFor();
}

/** The first id of a millisecond. */
function ulid(date) {
  const digits = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
  let time = '';
  for (let rest = date.getTime(); time.length < 10; rest = Math.floor(rest / 32)) time = digits[rest % 32] + time;
  return `${time}${'0'.repeat(16)}`;
}
