// API Gateway may rename the WWW-Authenticate header, which names the metadata URL. Clients then use the well-known URL
// of the specification, and must be able to connect.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OAuthProvider } from './oauth_provider.mjs';
import { approve } from './pages.mjs';
import { recorder, SDKS } from './sdks.mjs';
import { OWNER } from './server.mjs';
import { stage } from './stage.mjs';

const here = stage();

for (const sdk of SDKS) {
  test(`${sdk.name} gets to the tools though WWW-Authenticate was renamed on the way (RS-01, RS-02, AS-02)`, async (t) => {
    const { server, browser, callback } = here;
    const provider = new OAuthProvider(callback.redirectUri, 'Breakwater');
    const wire = recorder(renamed);
    const transport = () =>
      new sdk.Transport(new URL(server.mcpUrl), { authProvider: provider, fetch: wire.fetch });
    const client = () => sdk.client({ name: provider.name, version: '1.0.0' });

    const refused = transport();
    await assert.rejects(client().connect(refused), sdk.Unauthorized);
    const answer = await approve(browser, provider.visits[0], { person: OWNER, client: provider.name });
    await sdk.finish(refused, answer.searchParams);
    wire.expect([
      'POST /mcp 401',
      'GET /.well-known/oauth-protected-resource/mcp 200',
      'GET /.well-known/oauth-authorization-server 200',
      'POST /oauth/register 201',
      'POST /oauth/token 200',
    ]);

    const connected = client();
    await connected.connect(transport());
    t.after(() => connected.close());
    assert.ok((await connected.listTools()).tools.length > 0);

    provider.kept = { ...provider.kept, access_token: 'no longer good' };
    wire.seen.length = 0;
    // Not tools/list, which clients may answer from a cache for five minutes (TR-01).
    assert.ok(!(await connected.callTool({ name: 'whoami', arguments: {} })).isError);
    wire.expect(['POST /mcp 401', 'POST /oauth/token 200', 'POST /mcp 200']);
    assert.equal(provider.visits.length, 1, 'no page was needed');
  });
}

function renamed(response) {
  const headers = new Headers(response.headers);
  const challenge = headers.get('WWW-Authenticate');
  if (response.status === 401) assert.ok(challenge, 'there is a header to rename');
  headers.delete('WWW-Authenticate');
  if (challenge) headers.set('x-amzn-remapped-www-authenticate', challenge);
  return new Response(response.body, { status: response.status, headers });
}
