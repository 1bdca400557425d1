// Services in JavaScript and Python verify access tokens with the published keys, and hold no secret.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { join } from 'node:path';
import { createRemoteJWKSet, decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose';
import { authorizationRequest, call, exchange, register } from './oauth.mjs';
import { approve } from './pages.mjs';
import { OWNER } from './server.mjs';
import { stage } from './stage.mjs';

const FOLDER = join(import.meta.dirname, 'python');
const PYTHON = process.env.PYTHON ?? join(import.meta.dirname, '.venv/bin/python');

const here = stage({ algorithm: 'EdDSA' });

test('jose and PyJWT verify a token with the keys at jwks_uri, also after a restart (SR-14)', async () => {
  const { server, browser, callback } = here;
  const client = await register(server, { redirectUri: callback.redirectUri, name: 'Ledger' });
  const request = authorizationRequest(server, client);
  const answer = await approve(browser, request.url, { person: OWNER, client: client.name });
  const { access_token } = await exchange(server, client, { code: answer.searchParams.get('code'), verifier: request.verifier });
  await server.restart();
  await call(server, access_token, 'add_memory', { text: 'The ledger is blue.' });

  const metadata = await (await fetch(`${server.base}/.well-known/oauth-authorization-server`)).json();
  const keys = createRemoteJWKSet(new URL(metadata.jwks_uri));
  const expected = { issuer: server.base, audience: server.mcpUrl };
  const { payload, protectedHeader } = await jwtVerify(access_token, keys, expected);
  assert.equal(payload.email, OWNER.email);
  assert.equal(protectedHeader.alg, 'EdDSA');

  // A verifier cannot issue a token with the key that it holds.
  const [key] = (await (await fetch(metadata.jwks_uri)).json()).keys;
  const forged = await new SignJWT(payload)
    .setProtectedHeader({ ...decodeProtectedHeader(access_token), alg: 'HS256' })
    .sign(Buffer.from(key.x, 'base64url'));
  const refused = await fetch(server.mcpUrl, { method: 'POST', headers: { authorization: `Bearer ${forged}` } });
  assert.equal(refused.status, 401);
  const [header, , signature] = access_token.split('.');
  const claims = Buffer.from(JSON.stringify({ ...payload, sub: 'eve' })).toString('base64url');
  await assert.rejects(jwtVerify(`${header}.${claims}.${signature}`, keys, expected), errors.JWSSignatureVerificationFailed);

  const env = { ...process.env, JEAN_BASE: server.base, ACCESS_TOKEN: access_token, EMAIL: OWNER.email };
  const run = promisify(execFile)(PYTHON, ['-m', 'unittest', 'test_public_keys'], { cwd: FOLDER, env });
  await run.catch(({ stdout, stderr }) => assert.fail(`${stdout}\n${stderr}`));
});
