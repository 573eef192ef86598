/** Terminal output of a started demo: URLs, account for the login, next steps. */
import type { Auth0Mcp } from 'express-auth0-mcp';

import { clientSetUps } from './client-set-up.js';
import type { StandIn } from './stand-in.js';

/** The demo, running. */
export interface Demo {
  readonly auth: Pick<Auth0Mcp, 'ready'>;
  readonly baseUrl: string;
  /** Undefined with a real tenant. */
  readonly standIn: StandIn | undefined;
  /** Whether Auth0 is the authorization server. Default false. */
  readonly isResourceOnly?: boolean;
}

/** Prints the instructions, and an error if Auth0 or the storage is not ready. */
export function announce(demo: Demo): void {
  const mcpUrl = `${demo.baseUrl}/mcp`;
  const next = clientSetUps(mcpUrl).filter(({ text }) => !text.includes('\n'));
  const lines = [
    '',
    `MCP endpoint   ${mcpUrl}`,
    `Web page       ${new URL(demo.baseUrl).origin}/`,
    ...(demo.isResourceOnly === true ? [] : [`Connected apps ${demo.baseUrl}/connected-apps`]),
    ...loginLines(demo),
    '',
    'Next:',
    ...next.flatMap(({ client, where, text }) => ['', `  ${client}, ${where}:`, `    ${text}`]),
    '',
    'The web page shows the configuration of further clients. Ctrl+C ends the demo.',
  ];
  console.log(lines.join('\n'));
  demo.auth.ready().catch((error: unknown) => console.error(`\nNot ready yet: ${error}`));
}

function loginLines({ standIn, ...demo }: Demo): readonly string[] {
  if (standIn === undefined) {
    const { name, value, where } = auth0Setting(demo);
    return [
      `${name.padEnd(14)} ${value}`,
      `               (Auth0 dashboard: Applications, ${where})`,
    ];
  }
  const { email, password } = standIn.user;
  return [
    `Auth0          ${standIn.issuer} (a stand-in on this machine)`,
    `Log in as      ${email}`,
    `Password       ${password}`,
    '',
    'To use your own tenant: cp .env.example .env, fill it in, and restart.',
  ];
}

/** The value to enter at Auth0, and its place in the dashboard. */
export function auth0Setting({ baseUrl, isResourceOnly }: Omit<Demo, 'standIn'>): {
  readonly name: string;
  readonly value: string;
  readonly where: string;
} {
  return isResourceOnly === true
    ? {
        name: 'API identifier',
        value: `${baseUrl}/mcp`,
        where: 'APIs, yours, Settings, Identifier',
      }
    : {
        name: 'Callback URL',
        value: callbackUrl(baseUrl),
        where: 'yours, Settings, Allowed Callback URLs',
      };
}

/** The path is configurable by `AUTH0_MCP_REDIRECT_PATH`. */
function callbackUrl(baseUrl: string): string {
  const { env } = process;
  const path =
    env['AUTH0_MCP_REDIRECT_PATH'] ||
    env['FASTMCP_SERVER_AUTH_AUTH0_REDIRECT_PATH'] ||
    '/auth/callback';
  return baseUrl + (path.startsWith('/') ? path : `/${path}`);
}
