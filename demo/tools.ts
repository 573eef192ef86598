/**
 * The tools of the demo servers, and the MCP route. Copy this file with any of the servers, and add your
 * tools. `getAccessToken()` works in each tool and in everything it awaits.
 */
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import type { Transport } from '@modelcontextprotocol/sdk/shared/transport.js';
import type { Tool } from '@modelcontextprotocol/sdk/types.js';
import type { RequestHandler } from 'express';
import {
  connectionRequiredResult,
  getAccessToken,
  type ProtectedResource,
} from 'express-auth0-mcp';
import { z } from 'zod';

/** ChatGPT reads what a tool needs, and offers a login for it. */
export function declared(
  auth: ProtectedResource,
  tool: string,
): { _meta: Record<string, unknown> } {
  return { _meta: { securitySchemes: auth.securitySchemes(tool) } };
}

/** A server with the tools that work with tokens of ours and of Auth0. */
export function createToolServer(auth: ProtectedResource): McpServer {
  const server = new McpServer({ name: 'Auth0 Secured App', version: '1.0.0' });

  const token = {
    description: 'Issuer, audience and scope of the Auth0 token behind this call',
    ...declared(auth, 'get_token_info'),
  };
  server.registerTool('get_token_info', token, () => {
    const { claims } = getAccessToken();
    return text({ issuer: claims['iss'], audience: claims['aud'], scope: claims['scope'] });
  });

  const whoami = {
    description: 'The user who is logged in, with name and e-mail if available',
    ...declared(auth, 'whoami'),
  };
  server.registerTool('whoami', whoami, () => {
    const { subject, user, enterprise } = getAccessToken();
    return text({
      ...{ subject, name: user['name'], email: user['email'] },
      enterprise: enterprise?.issuer,
    });
  });

  const write = {
    description: 'Saves a text',
    inputSchema: { name: z.string(), text: z.string() },
    ...declared(auth, 'write_file'),
  };
  server.registerTool('write_file', write, (file) => {
    // `subject` never changes: use it as the key for data of a user.
    const { subject } = getAccessToken();
    files.set(JSON.stringify([subject, file.name]), file.text);
    return text({ name: file.name, characters: file.text.length });
  });

  const remove = { description: 'Deletes all your texts', ...declared(auth, 'delete_files') };
  server.registerTool('delete_files', remove, () => {
    const { subject } = getAccessToken();
    const own = [...files.keys()].filter((key) => JSON.parse(key)[0] === subject);
    for (const key of own) files.delete(key);
    return text({ deleted: own.length });
  });

  return server;
}

const files = new Map<string, string>();

/** A tool that needs an Auth0 token for another API: not available with `auth0McpResource()`. */
export function addApiTool(server: McpServer, auth: ProtectedResource): void {
  const api = {
    description: 'Calls an API with the Auth0 token of the user',
    ...declared(auth, 'call_api'),
  };
  server.registerTool('call_api', api, async () => {
    const { auth0Token, claims } = getAccessToken();
    // The tenant's /userinfo; an API behind `audience` is called the same way.
    const response = await fetch(new URL('userinfo', String(claims['iss'])), {
      headers: { authorization: `Bearer ${await auth0Token()}` },
    });
    return text({ status: response.status, profile: response.ok && (await response.json()) });
  });
}

/** Another API of the tenant, for the tool below. */
export const OTHER_API = { audience: 'https://billing.example.test', scope: 'read:bills' };

/** A tool that needs a token for another API of the tenant: a policy of the application has to allow it. */
export function addOtherApiTool(server: McpServer, auth: ProtectedResource): void {
  const other = {
    description: 'Audience and scope of a token for another API of the tenant',
    ...declared(auth, 'call_other_api'),
  };
  server.registerTool('call_other_api', other, async () => {
    const token = await getAccessToken().auth0Token(OTHER_API);
    // With an API behind it: send the token there, as in `call_api`.
    const { aud, scope } = JSON.parse(String(Buffer.from(token.split('.')[1] ?? '', 'base64url')));
    return text({ audience: aud, scope });
  });
}

/** A tool that needs an account of the user at another provider. The first result has the link that connects it. */
export function addAccountTool(server: McpServer, auth: ProtectedResource): void {
  const account = {
    description: 'Whether a token of the Google account of the user is available',
    ...declared(auth, 'google_account'),
  };
  server.registerTool('google_account', account, async (extra) => {
    try {
      const token = await getAccessToken().connectionToken('google-oauth2');
      // Send it to an API of Google.
      return text({ connected: token !== '' });
    } catch (error) {
      return connectionRequiredResult(error, { server: server.server, requestId: extra.requestId });
    }
  });
}

/** The MCP endpoint, stateless: a server and a transport for each request. */
export function mcpRoute(createServer: () => McpServer): RequestHandler {
  return async function serveMcp(req, res) {
    if (req.method !== 'POST') {
      // Without sessions there is no stream to open (GET) and no session to end (DELETE).
      res.status(405).set('Allow', 'POST').end();
      return;
    }
    const server = createServer();
    const transport = new StreamableHTTPServerTransport();
    res.on('close', () => void server.close());
    // The SDK's types do not support `exactOptionalPropertyTypes`.
    await server.connect(declareAtTopLevel(transport as Transport));
    await transport.handleRequest(req, res, req.body);
  };
}

/** ChatGPT's own place is beside `_meta`, where the SDK has no member for it. */
function declareAtTopLevel(transport: Transport): Transport {
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    const { tools } = ('result' in message ? message.result : {}) as { tools?: Tool[] };
    for (const tool of tools ?? []) {
      if (tool._meta !== undefined)
        Object.assign(tool, { securitySchemes: tool._meta['securitySchemes'] });
    }
    return send(message, options);
  };
  return transport;
}

/** The result of a tool: a value as JSON. */
export function text(value: unknown): { content: { type: 'text'; text: string }[] } {
  return { content: [{ type: 'text', text: JSON.stringify(value) }] };
}
