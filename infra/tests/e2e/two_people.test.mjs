// Two users of a server with open sign-up, and a user with a browser that blocks cookies.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newPerson, photograph } from './browser.mjs';
import { authorizationRequest, call, exchange, register } from './oauth.mjs';
import { allowButton, arrival, emailField, passwordField, signIn } from './pages.mjs';
import { OWNER } from './server.mjs';
import { stage } from './stage.mjs';

const here = stage({ openSignUp: true });

test('two people make accounts at once, connect the same app, and each sees their own memories', async () => {
  const { server, callback, browser } = here;
  const { redirectUri } = callback;
  const client = await register(server, { redirectUri, name: 'Lantern' });
  const people = await Promise.all(
    ['ada', 'bob'].map(async (name) => {
      const person = await newPerson(browser);
      const page = await person.newPage();
      const { url, verifier } = authorizationRequest(server, client);
      await page.goto(url);
      await page.getByRole('link', { name: 'No account yet? Sign up' }).click();
      if (name === 'ada') await photograph(page, 'sign-up');
      await emailField(page).fill(`${name}@example.org`);
      await passwordField(page).fill(`the password of ${name}`);
      await page.getByRole('button', { name: 'Create account' }).dblclick();
      await allowButton(page).click();
      const code = (await arrival(page, redirectUri)).searchParams.get('code');
      const { access_token: token } = await exchange(server, client, { code, verifier });
      await call(server, token, 'add_memory', { text: `This is about ${name}` });
      return { name, person, page };
    }),
  );
  for (const { name, person, page } of people) {
    await page.goto(`${server.base}/account/memories`);
    assert.equal(await page.getByText(`This is about ${name}`).count(), 1);
    assert.equal(await page.getByText('This is about').count(), 1);
    assert.match(await page.getByRole('main').innerText(), new RegExp(`${name}@example.org`));
    await person.close();
  }
});

test('whose browser keeps no cookies is told that signing in needs them', async () => {
  const person = await newPerson(here.browser);
  try {
    const page = await person.newPage();
    await page.goto(`${here.server.base}/account/sign-in`);
    // A browser that blocks cookies sends the form without one.
    await person.clearCookies();
    await signIn(page, OWNER);
    await page.getByRole('heading', { name: 'Your browser sent no cookie' }).waitFor();
    await photograph(page, 'no-cookie');
  } finally {
    await person.close();
  }
});
