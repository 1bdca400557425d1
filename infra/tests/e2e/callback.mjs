// The listener a client on the person's own computer opens for the answer (RFC 8252 §7.3).
import { once } from 'node:events';
import { createServer } from 'node:http';

export async function listen() {
  const arrivals = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://127.0.0.1');
    // Browsers ask for a favicon as well.
    if (url.pathname === '/callback') arrivals.push(url.searchParams);
    response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Connected</title>You may close this.');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    redirectUri: `http://127.0.0.1:${server.address().port}/callback`,
    /** The parameters of every answer so far, in order. */
    arrivals,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
