// The official TypeScript clients behind one interface, and a fetch that records their requests.
import assert from 'node:assert/strict';
import * as v2 from '@modelcontextprotocol/client';
import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';

export const SDKS = [
  {
    name: 'the TypeScript client v2',
    client: (identity) => new v2.Client(identity),
    Transport: v2.StreamableHTTPClientTransport,
    Unauthorized: v2.UnauthorizedError,
    finish: (transport, answer) => transport.finishAuth(answer),
  },
  {
    name: 'the TypeScript client v2 at revision 2026-07-28',
    client: (identity) => new v2.Client(identity, { versionNegotiation: { mode: { pin: '2026-07-28' } } }),
    Transport: v2.StreamableHTTPClientTransport,
    Unauthorized: v2.UnauthorizedError,
    finish: (transport, answer) => transport.finishAuth(answer),
  },
  {
    name: 'the TypeScript SDK v1',
    client: (identity) => new Client(identity),
    Transport: StreamableHTTPClientTransport,
    Unauthorized: UnauthorizedError,
    finish: (transport, answer) => transport.finishAuth(answer.get('code')),
  },
];

/** A fetch that records requests and responses. `edge` may change a response. */
export function recorder(edge = (response) => response) {
  const seen = [];
  return {
    seen,
    async fetch(input, init) {
      const response = edge(await fetch(input, init));
      seen.push(`${init?.method ?? 'GET'} ${new URL(input).pathname} ${response.status}`);
      return response;
    },
    /** Asserts that these requests were sent in this order, possibly with others in between. */
    expect(steps) {
      let from = 0;
      for (const step of steps) {
        from = seen.indexOf(step, from) + 1;
        assert.ok(from > 0, `${step} is missing, or late, in:\n${seen.join('\n')}`);
      }
    },
  };
}
