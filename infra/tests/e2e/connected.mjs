// A client that got in, for tests of what comes after: the whole flow once, and the access token it ends with.
import { authorizationRequest, exchange, register } from './oauth.mjs';
import { approve } from './pages.mjs';
import { OWNER } from './server.mjs';

export async function accessToken({ server, browser, callback }, name) {
  const client = await register(server, { redirectUri: callback.redirectUri, name });
  const { url, verifier } = authorizationRequest(server, client);
  const answer = await approve(browser, url, { person: OWNER, client: name });
  return (await exchange(server, client, { code: answer.searchParams.get('code'), verifier })).access_token;
}
