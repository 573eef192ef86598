/** Accounts at other providers: their tokens, and the services of the pages on which users connect them. */
import type { MyAccount, TokenVault } from '../auth0/connected-accounts.js';
import type { Core } from '../core.js';
import {
  type ConnectionAttempts,
  createConnectionAttempts,
} from '../grants/connection-attempts.js';
import { type ConnectionTokens, createConnectionTokens } from '../grants/connection-tokens.js';
import type { Grants } from '../grants/grants.js';
import { type ConnectionLinks, createConnectionLinks } from './connection-links.js';
import type { LoginFlows } from './login-cookies.js';
import type { ErrorPages } from './pages.js';
import { createSealedForms, type SealedForms } from './sealed-forms.js';

/** The form that starts the sign-in at a link. */
export interface ConnectSignIn {
  /** The link, as in the URL. */
  readonly link: string;
  /** Another user is signed in. */
  readonly reauthenticate: boolean;
}

/** Absolute URLs. */
interface ConnectionUrls {
  readonly connect: string;
  readonly signIn: string;
  readonly callback: string;
  readonly remove: string;
}

export interface Connections {
  readonly urls: ConnectionUrls;
  readonly links: ConnectionLinks;
  readonly signInForms: SealedForms<ConnectSignIn>;
  readonly attempts: ConnectionAttempts;
  readonly tokens: ConnectionTokens;
  readonly myAccount: MyAccount;
  readonly errors: ErrorPages;
}

export function createConnections(
  core: Core,
  { exchange, myAccount }: TokenVault,
  grants: Grants,
  flows: LoginFlows,
  urls: ConnectionUrls,
): Connections {
  const { config, now } = core;
  config.logger.info(
    { connections: [...config.connections.keys()], callbackUrl: urls.callback },
    'connections (experimental). In the Auth0 Dashboard, Applications > your application > Settings: enter this callbackUrl under Allowed Callback URLs as well, and switch off Allow Refresh Token Rotation',
  );
  return {
    urls,
    links: createConnectionLinks(core, urls.connect),
    signInForms: createSealedForms(core, flows, 'connection-sign-in', 'page_expired'),
    attempts: createConnectionAttempts(core),
    tokens: createConnectionTokens(grants, exchange, now),
    myAccount,
    errors: {
      kindByCode: {
        access_denied: 'connection_failed',
        temporarily_unavailable: 'unavailable',
        too_many_requests: 'too_many_requests',
        server_error: 'server_error',
      },
      defaultKind: 'connection_expired',
      link: undefined,
    },
  };
}
