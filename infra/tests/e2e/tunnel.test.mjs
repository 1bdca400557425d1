// A server behind a TLS proxy, as a tunnel makes it reachable (C6): the first run, from the link to a tool call.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { launch } from './browser.mjs';
import { listen } from './callback.mjs';
import { authorizationRequest, call, exchange, register } from './oauth.mjs';
import { allowButton, arrival, emailField, passwordField } from './pages.mjs';
import { OWNER, Server, freePort } from './server.mjs';

// The proxy's certificate is made here and signed by nobody.
process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0';

const here = {};

before(async () => {
  here.callback = await listen();
  here.browser = await launch();
  const port = await freePort();
  here.server = await Server.start({ owner: null, publicUrl: `https://localhost:${port}` });
  here.folder = await mkdtemp(join(tmpdir(), 'jean-tls-'));
  const [key, certificate] = ['key.pem', 'certificate.pem'].map((name) => join(here.folder, name));
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', ...subject, '-keyout', key, '-out', certificate], {
    stdio: 'ignore',
  });
  here.proxy = createServer({ key: await readFile(key), cert: await readFile(certificate) }, forward);
  here.proxy.listen(port, 'localhost');
  await once(here.proxy, 'listening');
});

after(async () => {
  await here.browser?.close();
  here.proxy?.closeAllConnections();
  here.proxy?.close();
  await here.callback?.close();
  await here.server?.stop();
  if (here.folder) await rm(here.folder, { recursive: true, force: true });
});

/** Passes a request on to the server with its host, and with the address of its sender as the last one. */
function forward(incoming, outgoing) {
  const chain = [incoming.headers['x-forwarded-for'], '203.0.113.9'].filter(Boolean).join(', ');
  const headers = { ...incoming.headers, 'x-forwarded-for': chain, 'x-forwarded-proto': 'https' };
  const { method, url } = incoming;
  const passed = request(here.server.local + url, { method, headers }, (answer) => {
    outgoing.writeHead(answer.statusCode, answer.rawHeaders);
    answer.pipe(outgoing);
  });
  passed.on('error', () => outgoing.destroy());
  incoming.pipe(passed);
}

test('the first run works behind a TLS proxy', async (t) => {
  const { server, browser, callback } = here;
  const context = await browser.newContext({ ignoreHTTPSErrors: true });
  context.setDefaultTimeout(15_000);
  t.after(() => context.close());
  const page = await context.newPage();

  const link = server.output.match(/https:\S+\/account\/password\?link=jml_[\w-]+/)?.[0];
  assert.ok(link?.startsWith(server.base), `the link leads to the public URL:\n${server.output}`);
  await page.goto(link);
  await emailField(page).fill(OWNER.email);
  await passwordField(page).fill(OWNER.password);
  await page.getByRole('button', { name: 'Create account', exact: true }).click();
  await page.waitForURL(`${server.base}/account/connect`);
  assert.ok((await page.getByRole('main').innerText()).includes(server.mcpUrl));
  const cookies = await context.cookies();
  assert.ok(cookies.some(({ name, secure }) => name === '__Host-jean_session' && secure), JSON.stringify(cookies));

  const client = await register(server, { redirectUri: callback.redirectUri, name: 'Lantern' });
  const authorization = authorizationRequest(server, client);
  await page.goto(authorization.url);
  await allowButton(page).click();
  const answer = await arrival(page, callback.redirectUri);
  assert.equal(answer.searchParams.get('iss'), server.base);
  const code = answer.searchParams.get('code');
  const tokens = await exchange(server, client, { code, verifier: authorization.verifier });
  await call(server, tokens.access_token, 'add_memory', { text: 'Ada keeps bees.' });
  const found = await call(server, tokens.access_token, 'search_memory', { query: 'bees' });
  assert.equal(found.structuredContent.memories[0].text, 'Ada keeps bees.');
});

/** The answer to a request that names `host`, without the proxy. */
async function answerTo(host) {
  const asked = request(`${here.server.local}/health`, { headers: { host } }).end();
  const [answer] = await once(asked, 'response');
  let text = '';
  for await (const part of answer.setEncoding('utf8')) text += part;
  return { status: answer.statusCode, text };
}

test('a tunnel may pass on the host or replace it with the local one (SR-19)', async () => {
  const { server } = here;
  for (const host of [new URL(server.base).host, new URL(server.local).host]) {
    assert.equal((await answerTo(host)).status, 200, host);
  }
  const { status, text } = await answerTo('other-tunnel.example');
  assert.equal(status, 421);
  assert.ok(text.startsWith('This server answers to ') && text.includes(new URL(server.base).host), text);
});

// The last test: it uses up the registrations of its source.
test('forged headers of tunnels do not change the source of a request (T-10)', async () => {
  const statuses = [];
  for (let number = 1; number <= 110 && statuses.at(-1) !== 429; number += 1) {
    const forged = `198.51.100.${number}`;
    const names = ['x-forwarded-for', 'cf-connecting-ip', 'true-client-ip', 'x-real-ip'];
    const response = await fetch(`${here.server.base}/oauth/register`, {
      method: 'POST',
      headers: {
        ...Object.fromEntries(names.map((name) => [name, forged])),
        'content-type': 'application/json',
        forwarded: `for=${forged}`,
        'tailscale-user-login': `user${number}@example.com`,
      },
      body: JSON.stringify({ client_name: 'Lantern', redirect_uris: [here.callback.redirectUri] }),
    });
    statuses.push(response.status);
  }
  assert.deepEqual([statuses[0], statuses.at(-1)], [201, 429]);
});
