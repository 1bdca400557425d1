// Retakes the pictures of the README: `JEAN_BIN=… node pictures.mjs`, after a change of the pages.
import { join } from 'node:path';
import { launch } from './browser.mjs';
import { listen } from './callback.mjs';
import { authorizationRequest, call, exchange, register } from './oauth.mjs';
import { allowButton, arrival, openSignedIn } from './pages.mjs';
import { OWNER, Server } from './server.mjs';

const FOLDER = join(import.meta.dirname, '../../docs/pictures');
const CLAUDE = { name: 'Claude', redirectUri: 'https://claude.ai/api/mcp/auth_callback' };
const CURSOR = { name: 'Cursor', redirectUri: 'cursor://anysphere.cursor-mcp/oauth/callback' };
const MEMORIES = [
  [CURSOR, 'Writes Rust and prefers small functions', ['work']],
  [CLAUDE, 'Moves to Lisbon in October', ['plans']],
  [CURSOR, 'The staging database is called heron', ['work']],
  [CLAUDE, 'Is allergic to hazelnuts', ['food', 'health']],
  [CLAUDE, 'Drinks Earl Grey, never coffee', ['food']],
];

const server = await Server.start();
const browser = await launch();
const context = await browser.newContext({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 });
const page = await context.newPage();
const take = (name) => page.screenshot({ path: join(FOLDER, `${name}.png`) });
try {
  await openSignedIn(page, `${server.base}/account`, OWNER);
} finally {
  await browser.close();
  await server.stop();
}
