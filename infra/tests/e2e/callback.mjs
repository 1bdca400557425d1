// The callback listener of a client on the user's computer (RFC 8252 §7.3).
import { once } from 'node:events';
import { createServer } from 'node:http';

export async function listen() {
  const arrivals = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://127.0.0.1');
    // Browsers also request a favicon.
    if (url.pathname === '/callback') arrivals.push(url.searchParams);
    response.setHeader('Content-Type', 'text/html').end('<!doctype html><title>Connected</title>You may close this.');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    redirectUri: `http://127.0.0.1:${server.address().port}/callback`,
    /** The parameters of all responses so far, in order. */
    arrivals,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
