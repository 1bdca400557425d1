// A proxy for clients that cannot send an Authorization header, such as the conformance suite. It adds the header, and
// forwards everything else unchanged, above all a foreign Host and Origin, which are under test. Its own host becomes the
// target's, since the server answers to its own host only (SR-19).
import { once } from 'node:events';
import { createServer, request } from 'node:http';

export async function bearerProxy(target, accessToken) {
  const server = createServer((incoming, answer) => {
    const own = `localhost:${server.address().port}`;
    const headers = incoming.rawHeaders.map((value) => value.replace(own, new URL(target).host));
    headers.push('Authorization', `Bearer ${accessToken}`);
    const options = { method: incoming.method, path: incoming.url, headers, setHost: false };
    const outgoing = request(target, options, (arrived) => {
      answer.writeHead(arrived.statusCode, arrived.rawHeaders);
      arrived.pipe(answer);
    });
    outgoing.on('error', () => answer.destroy());
    incoming.pipe(outgoing);
  });
  server.listen(0, 'localhost');
  await once(server, 'listening');
  return {
    url: `http://localhost:${server.address().port}/mcp`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
