// A connected client, for tests of later steps: runs the whole flow once and returns the access token.
import { authorizationRequest, exchange, register } from './oauth.mjs';
import { approve } from './pages.mjs';
import { OWNER } from './server.mjs';

export async function accessToken({ server, browser, callback }, name) {
  const client = await register(server, { redirectUri: callback.redirectUri, name });
  const { url, verifier } = authorizationRequest(server, client);
  const answer = await approve(browser, url, { person: OWNER, client: name });
  return (await exchange(server, client, { code: answer.searchParams.get('code'), verifier })).access_token;
}
