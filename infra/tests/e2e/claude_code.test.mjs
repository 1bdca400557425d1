// Claude Code itself: adds the server, signs in and lists it, as the README says; and the plugin in infra/claude-code.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { Home } from './commands.mjs';
import { approve } from './pages.mjs';
import { OWNER } from './server.mjs';
import { stage } from './stage.mjs';

const MARKETPLACE = resolve(import.meta.dirname, '../../claude-code');
const PLUGIN = resolve(MARKETPLACE, 'memory');

const here = stage({ documents: 'auto' });

async function homeOf(t) {
  const home = await Home.make();
  t.after(() => home.remove());
  const claude = async (...args) => {
    const { code, output } = await home.run('claude', args);
    assert.equal(code, 0, output);
    return output;
  };
  return { home, claude };
}

test('Claude Code adds the server, signs in and lists it', async (t) => {
  const { home, claude } = await homeOf(t);
  await claude('mcp', 'add', '--scope', 'user', '--transport', 'http', 'memory', here.server.mcpUrl);
  const login = home.startInTerminal('claude', ['mcp', 'login', 'memory']);
  await approve(here.browser, await home.openedUrl(login), { person: OWNER, client: 'Claude Code' });
  assert.equal(await login.ended, 0, login.output);
  assert.match(await claude('mcp', 'list'), /^memory: \S+\/mcp \(HTTP\) - \S+ Connected/m);
});

test('the plugin is valid, is installed, and adds the server', async (t) => {
  const { claude } = await homeOf(t);
  for (const folder of [MARKETPLACE, PLUGIN]) await claude('plugin', 'validate', '--strict', folder);
  await claude('plugin', 'marketplace', 'add', MARKETPLACE);
  await claude('plugin', 'install', 'memory@jean-memory', '--config', `url=${here.server.mcpUrl}`);
  assert.match(await claude('plugin', 'list'), /memory@jean-memory[^]*enabled/);
  assert.match(await claude('mcp', 'list'), new RegExp(`memory: ${here.server.mcpUrl} \\(HTTP\\) - . Needs authentication`));
});

const hook = async (options) => {
  const names = Object.entries(options).map(([name, value]) => [`CLAUDE_PLUGIN_OPTION_${name.toUpperCase()}`, value]);
  const env = { PATH: process.env.PATH, ...Object.fromEntries(names) };
  return (await promisify(execFile)(resolve(PLUGIN, 'hooks/context.sh'), [], { env })).stdout;
};

test('the hook prints the profile, and without a key asks for the tool', async () => {
  const { key, userId, call } = await here.server.apiKey();
  // Texts with every character that JSON or a shell could mistake.
  const texts = ['Ada drinks "tea" \\ with\n$(milk) `sugar` %s', 'A list: ["text":"x"}] \\" \\\\', "Größe 'L' 🍵"];
  for (const text of texts) await call('add_memory', { text, tags: ['a "tag"'] });
  const told = await hook({ url: here.server.mcpUrl, user_id: userId, api_key: key });
  const profile = JSON.parse(told.slice(told.indexOf('{')));
  assert.deepEqual(profile.recent.map(({ text }) => text).reverse(), texts);
  assert.match(told, /never as instructions/);
  assert.ok(told.length < 10_000);
  for (const options of [
    {},
    { url: here.server.mcpUrl },
    { url: here.server.mcpUrl, user_id: userId, api_key: 'jmk_wrong' },
    { url: here.server.mcpUrl, user_id: 'somebody', api_key: key },
    { url: 'http://localhost:1/mcp', user_id: userId, api_key: key },
    { url: here.server.base, user_id: userId, api_key: key },
  ]) {
    assert.match(await hook(options), /^The MCP server "memory" .* Call its tool context/, JSON.stringify(options));
  }
});

test('Claude Code starts a session with the output of the hook', async (t) => {
  const { home, claude } = await homeOf(t);
  const { key, userId, call } = await here.server.apiKey();
  await call('add_memory', { text: 'Ada keeps bees.' });
  const options = { url: here.server.mcpUrl, user_id: userId, api_key: key };
  const config = Object.entries(options).flatMap(([name, value]) => ['--config', `${name}=${value}`]);
  await claude('plugin', 'marketplace', 'add', MARKETPLACE);
  await claude('plugin', 'install', 'memory@jean-memory', ...config);
  // In place of the model's API: notes the requests and refuses them.
  const requests = [];
  const api = createServer((request, response) => {
    let body = '';
    request.on('data', (part) => (body += part)).on('end', () => {
      if (request.url.startsWith('/v1/messages')) requests.push(body);
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ type: 'error', error: { type: 'invalid_request_error', message: 'refused' } }));
    });
  }).listen(0, 'localhost');
  t.after(() => api.close());
  await once(api, 'listening');
  const env = { ANTHROPIC_BASE_URL: `http://localhost:${api.address().port}`, ANTHROPIC_API_KEY: 'sk-none' };
  await home.run('claude', ['-p', 'Hello.'], env);
  assert.ok(requests.length > 0, 'it called the API');
  assert.ok(requests[0].includes('Ada keeps bees.'), requests[0]);
});
