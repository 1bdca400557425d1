// An MCP server with OAuth on workers-oauth-provider, for comparison: it issues a code without a sign-in, and has the tool
// `get_memory`.
import { OAuthProvider } from '@cloudflare/workers-oauth-provider';
import { McpServer, createMcpHandler } from '@modelcontextprotocol/server';
import { z } from 'zod';

const memories = new Map([['1', 'The key to the boat house hangs behind the kitchen door.']]);

const mcp = createMcpHandler(() => {
  const server = new McpServer({ name: 'Memories', version: '1.0.0' });
  const schema = { inputSchema: z.object({ id: z.string() }), outputSchema: z.object({ id: z.string(), text: z.string() }) };
  server.registerTool('get_memory', { description: 'Returns a memory.', ...schema }, ({ id }) => {
    const found = { id, text: memories.get(id) };
    return { content: [{ type: 'text', text: JSON.stringify(found) }], structuredContent: found };
  });
  return server;
});

export default new OAuthProvider({
  apiRoute: '/mcp',
  apiHandler: { fetch: request => mcp.fetch(request) },
  defaultHandler: {
    async fetch(request, env) {
      const asked = await env.OAUTH_PROVIDER.parseAuthRequest(request);
      const grant = { request: asked, userId: 'ada', metadata: {}, scope: asked.scope, props: { user: 'ada' } };
      const { redirectTo } = await env.OAUTH_PROVIDER.completeAuthorization({ ...grant, revokeExistingGrants: false });
      return Response.redirect(redirectTo, 302);
    },
  },
  authorizeEndpoint: '/oauth/authorize',
  tokenEndpoint: '/oauth/token',
  clientRegistrationEndpoint: '/oauth/register',
  // The benchmark sends this host, at any port.
  resourceMetadata: { resource: 'http://localhost/mcp', authorization_servers: ['http://localhost'] },
});
