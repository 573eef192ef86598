/**
 * What the terminal says once the demo runs: where it is, who can log in, what to do next.
 *
 * @module
 */
import type { Auth0Mcp } from 'express-auth0-mcp';

import { clientSetUps } from './client-set-up.js';
import type { StandIn } from './stand-in.js';

/** The demo, running. */
export interface Demo {
  readonly auth: Pick<Auth0Mcp, 'ready'>;
  readonly baseUrl: string;
  /** Undefined where people log in at a real tenant. */
  readonly standIn: StandIn | undefined;
  /** Whether clients log in at Auth0 by themselves. Default false. */
  readonly isResourceOnly?: boolean;
}

/** Prints it, and what Auth0 or the storage finds wrong, if they do. */
export function announce(demo: Demo): void {
  const mcpUrl = `${demo.baseUrl}/mcp`;
  const next = clientSetUps(mcpUrl).filter(({ text }) => !text.includes('\n'));
  const lines = [
    '',
    `MCP endpoint   ${mcpUrl}`,
    `Web page       ${new URL(demo.baseUrl).origin}/`,
    ...(demo.isResourceOnly === true ? [] : [`Connected apps ${demo.baseUrl}/connected-apps`]),
    ...whereToLogIn(demo),
    '',
    'Next:',
    ...next.flatMap(({ client, where, text }) => ['', `  ${client}, ${where}:`, `    ${text}`]),
    '',
    'The web page has the configuration of further clients. Ctrl+C ends the demo.',
  ];
  console.log(lines.join('\n'));
  demo.auth.ready().catch((error: unknown) => console.error(`\nNot ready yet: ${error}`));
}

function whereToLogIn({ standIn, ...demo }: Demo): readonly string[] {
  if (standIn === undefined) {
    const { name, value, where } = settingAtAuth0(demo);
    return [
      `${name.padEnd(14)} ${value}`,
      `               (Auth0 dashboard: Applications, ${where})`,
    ];
  }
  const { email, password } = standIn.person;
  return [
    `Auth0          ${standIn.issuer} (a stand-in on this machine)`,
    `Log in as      ${email}`,
    `Password       ${password}`,
    '',
    'The stand-in forgets its sessions and tokens when it ends: after a restart, log in anew,',
    'the demo client with: npm run demo:client -- --fresh',
    'To use a tenant of yours: cp .env.example .env, fill it in, and start again.',
  ];
}

/** What Auth0 has to know, and where it is entered. */
export function settingAtAuth0({ baseUrl, isResourceOnly }: Omit<Demo, 'standIn'>): {
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

/** `AUTH0_MCP_REDIRECT_PATH` may have moved it. */
function callbackUrl(baseUrl: string): string {
  const { env } = process;
  const path =
    env['AUTH0_MCP_REDIRECT_PATH'] ||
    env['FASTMCP_SERVER_AUTH_AUTH0_REDIRECT_PATH'] ||
    '/auth/callback';
  return baseUrl + (path.startsWith('/') ? path : `/${path}`);
}
