// For clients in other languages: node approve.mjs AUTHORIZATION_URL CLIENT_NAME, with EMAIL and PASSWORD in the
// environment. Prints the URL that the browser is redirected to.
import { launch } from './browser.mjs';
import { approve } from './pages.mjs';

const [authorizationUrl, client] = process.argv.slice(2);
const person = { email: process.env.EMAIL, password: process.env.PASSWORD };
const browser = await launch();
try {
  console.log((await approve(browser, authorizationUrl, { person, client })).href);
} finally {
  await browser.close();
}
