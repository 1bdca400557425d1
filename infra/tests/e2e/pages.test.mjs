// Reloads, double clicks, the back button and other detours in the sign-in and consent pages.
import assert from 'node:assert/strict';
import { afterEach, beforeEach, test } from 'node:test';
import { newPerson, photograph } from './browser.mjs';
import { authorizationRequest, exchange, register } from './oauth.mjs';
import {
  allowButton,
  arrival,
  emailField,
  expectConsent,
  passwordField,
  refuseButton,
  signIn,
  signInButton,
  standInFor,
} from './pages.mjs';
import { OWNER } from './server.mjs';
import { stage } from './stage.mjs';

const here = stage();
let server, callback, client, request, person, page;
beforeEach(async () => {
  ({ server, callback } = here);
  callback.arrivals.length = 0;
  client = await register(server, { redirectUri: callback.redirectUri, name: 'Lantern' });
  request = authorizationRequest(server, client);
  person = await newPerson(here.browser);
  page = await person.newPage();
});
afterEach(() => person?.close());

test('a wrong password is told in a sentence, the address stays, and the right one still works (AS-19)', async () => {
  await page.goto(request.url);
  await signIn(page, { ...OWNER, password: 'not the password' });
  await page.getByText(/password.*\./i).first().waitFor();
  await signInButton(page).waitFor();
  assert.equal(await emailField(page).inputValue(), OWNER.email);
  assert.equal(await passwordField(page).inputValue(), '');
  await photograph(page, 'wrong-password');
  await signIn(page, OWNER);
  await allow();
  await expectCode();
});

test('an unknown person reads the same as a wrong password (AS-19)', async () => {
  const sentences = [];
  for (const email of [OWNER.email, 'nobody@example.org']) {
    await page.goto(request.url);
    await signIn(page, { email, password: 'not the password' });
    await page.getByText(/password.*\./i).first().waitFor();
    sentences.push(await page.getByRole('main').innerText());
  }
  assert.equal(sentences[1], sentences[0]);
});

for (const [name, redirectUri] of [
  ['Claude', 'https://claude.ai/api/mcp/auth_callback'],
  ['ChatGPT', 'https://chatgpt.com/connector_platform_oauth_redirect'],
]) {
  test(`the redirect after consent reaches ${name}: no policy of the page stops it (AS-17)`, async () => {
    const client = await register(server, { redirectUri, name });
    await standInFor(page, `${new URL(redirectUri).origin}/*`);
    await page.goto(authorizationRequest(server, client).url);
    await signIn(page, OWNER);
    await expectConsent(page, { person: OWNER, client: name, redirectUri });
    await photograph(page, `consent-${name}`);
    await allowButton(page).click();
    const { searchParams } = await arrival(page, redirectUri);
    assert.ok(searchParams.get('code'));
    assert.equal(searchParams.get('iss'), server.base);
  });
}

test('the redirect after consent leaves for an app of the computer: no policy of the page stops it (AS-17)', async () => {
  const redirectUri = 'cursor://anysphere.cursor-mcp/oauth/callback';
  const cursor = await register(server, { redirectUri, name: 'Cursor' });
  const said = [];
  page.on('console', (message) => said.push(message.text()));
  await page.goto(authorizationRequest(server, cursor).url);
  await signIn(page, OWNER);
  // Chromium passes such a URL to the system, where Cursor is not installed; only the attempt is observed.
  const left = page.waitForRequest((request) => request.url().startsWith(redirectUri));
  await allowButton(page).click();
  assert.ok(new URL((await left).url()).searchParams.get('code'));
  assert.deepEqual(said.filter((line) => /policy/i.test(line)), []);
});

test('the back button after sign-in leads nowhere one cannot leave (AS-15)', async () => {
  await page.goto('about:blank');
  await page.goto(request.url);
  await signIn(page, OWNER);
  await allowButton(page).waitFor();
  await page.goBack();
  await signInButton(page).or(allowButton(page)).waitFor();
  if (await signInButton(page).isVisible()) await signIn(page, OWNER);
  await allow();
  await expectCode();
});

test('the sign-in page loaded twice still takes the first form (AS-15)', async () => {
  await page.goto(request.url);
  const second = await person.newPage();
  await second.goto(request.url);
  await signInButton(second).waitFor();
  await signIn(page, OWNER);
  await allow();
  await expectCode();
});

test('the consent page loaded twice still takes the first form (AS-15)', async () => {
  await page.goto(request.url);
  await signIn(page, OWNER);
  await allowButton(page).waitFor();
  const second = await person.newPage();
  await second.goto(request.url);
  await allowButton(second).waitFor();
  await allow();
  await expectCode();
});

test('a double click on Allow arrives with a code that is good (AS-15)', async () => {
  await page.goto(request.url);
  await signIn(page, OWNER);
  await allowButton(page).dblclick();
  await expectCode();
});

test('a second click on Allow after the first was answered is harmless (AS-15)', async () => {
  await page.goto(request.url);
  await signIn(page, OWNER);
  // The button takes no pointer in the first second (SR-05).
  await allowButton(page).click({ trial: true });
  // Playwright's click would wait for the page that the first click requested.
  const { x, y } = await allowButton(page).boundingBox();
  const firstAnswer = loseAnswerToNextPost();
  await page.mouse.click(x + 5, y + 5);
  assert.ok((await firstAnswer).headers().location.startsWith(client.redirectUri));
  assert.equal(callback.arrivals.length, 0);
  await page.mouse.click(x + 5, y + 5);
  await expectCode();
});

test('buttons take no pointer in the first second (SR-05)', async () => {
  await page.goto(request.url);
  await signIn(page, OWNER);
  await allowButton(page).waitFor();
  const pointer = (milliseconds) =>
    allowButton(page).evaluate((button, time) => {
      const [animation] = button.getAnimations();
      if (animation) animation.currentTime = time;
      return animation ? getComputedStyle(button).pointerEvents : 'finished';
    }, milliseconds);
  assert.ok(['none', 'finished'].includes(await pointer(900)));
  await allowButton(page).click({ trial: true });
});

test("Don't allow tells the client so, with state and iss (AS-07, AS-08)", async () => {
  await page.goto(request.url);
  await signIn(page, OWNER);
  await refuseButton(page).click();
  const { searchParams } = await arrival(page, client.redirectUri);
  assert.equal(searchParams.get('error'), 'access_denied');
  assert.equal(searchParams.get('state'), request.state);
  assert.equal(searchParams.get('iss'), server.base);
  assert.equal(searchParams.get('code'), null);
});

test('who signed in once is asked for consent alone the next time (AS-15)', async () => {
  await page.goto(request.url);
  await signIn(page, OWNER);
  await allow();
  await expectCode();
  request = authorizationRequest(server, client);
  await page.goto(request.url);
  await expectConsent(page, { person: OWNER, client: client.name, redirectUri: client.redirectUri });
  await allow();
  await expectCode();
});

test('signing in and allowing need no mouse (AS-15)', async () => {
  await page.goto(request.url);
  await focused(emailField(page));
  await page.keyboard.type(OWNER.email);
  await page.keyboard.press('Tab');
  await focused(passwordField(page));
  await page.keyboard.type(OWNER.password);
  await page.keyboard.press('Enter');
  await allowButton(page).waitFor();
  await page.keyboard.press('Tab');
  await focused(page.getByRole('button', { name: 'Not you?' }));
  await page.keyboard.press('Tab');
  await focused(page.getByLabel('Full access'));
  await page.keyboard.press('ArrowDown');
  await focused(page.getByLabel('Read only'));
  // Only a button allows access.
  const posts = [];
  page.on('request', (sent) => sent.method() === 'POST' && posts.push(sent.url()));
  await page.keyboard.press('Enter');
  await page.keyboard.press('Tab');
  await focused(allowButton(page));
  assert.deepEqual(posts, []);
  await page.keyboard.press('Enter');
  await expectCode();
});

test('a name that is markup is shown as text (T-25)', async () => {
  const name = '<img src=x onerror=alert(1)> & "Co"';
  const hostile = await register(server, { redirectUri: callback.redirectUri, name });
  await page.goto(authorizationRequest(server, hostile).url);
  await signIn(page, OWNER);
  await expectConsent(page, { person: OWNER, client: name, redirectUri: callback.redirectUri });
  assert.equal(await page.locator('img[src=x]').count(), 0);
});

test('an unknown client or return address is a page, never a redirect (AS-07, T-01)', async () => {
  const changes = { client_id: 'nobody_abc123', redirect_uri: 'https://evil.example/callback' };
  for (const [parameter, value] of Object.entries(changes)) {
    const url = new URL(request.url);
    url.searchParams.set(parameter, value);
    const response = await page.goto(url.href);
    assert.equal(response.status(), 400);
    assert.equal(page.url(), url.href);
    assert.match(await page.getByRole('main').innerText(), /\w+ .*\./, 'it is said in a sentence');
    await photograph(page, `refused-${parameter}`);
  }
});

/** The page sets the focus itself, some time after it has loaded. */
async function focused(element) {
  await element.and(page.locator(':focus')).waitFor();
}

async function allow() {
  await allowButton(page).click();
}

/** The browser is at the client with a code, and the code can be redeemed. */
async function expectCode() {
  const { searchParams } = await arrival(page, client.redirectUri);
  assert.equal(searchParams.get('state'), request.state);
  const tokens = await exchange(server, client, { code: searchParams.get('code'), verifier: request.verifier });
  assert.equal(tokens.token_type, 'Bearer');
}

/** A slow connection: the server has processed the form, and the browser has not yet received the response. */
function loseAnswerToNextPost() {
  let posts = 0;
  return new Promise((resolve) =>
    page.route('**', async (route) => {
      if (route.request().method() !== 'POST' || ++posts > 1) return route.continue();
      // Chromium adds this header after requests are intercepted.
      const headers = { ...(await route.request().allHeaders()), 'sec-fetch-site': 'same-origin' };
      resolve(await route.fetch({ headers, maxRedirects: 0 }));
    }),
  );
}
