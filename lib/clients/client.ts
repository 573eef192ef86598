/** An OAuth client (RFC 6749 §2), whether registered, described by a metadata document, or configured. */
import { hash } from 'node:crypto';

import type { Config, PreRegisteredClient } from '../config/config.js';
import type { ClientAuthMethod } from '../oauth/client-credentials.js';

/** At least one method, the strongest first. */
export type AuthMethods = readonly [ClientAuthMethod, ...ClientAuthMethod[]];

/** A client, validated. Its name is self-declared unless it is pre-registered. */
export interface Client {
  readonly id: string;
  readonly kind: 'registered' | 'metadata_document' | 'preregistered';
  /** `client_name`; undefined when the client gave none. Untrusted text. */
  readonly name: string | undefined;
  /** Exactly as registered; empty only for a client that has no users. */
  readonly redirectUris: readonly string[];
  /** Authentication methods it may use; with `none` among them authentication is optional. */
  readonly authMethods: AuthMethods;
  /** Whether it may have refresh tokens: `grant_types` contains `refresh_token`, or was left out. */
  readonly mayRefresh: boolean;
  /** For `metadata_document`: the host of the client id, which the fetch has verified. */
  readonly verifiedHost: string | undefined;
  /** Public keys for `private_key_jwt`: the set itself, or where to fetch it. */
  readonly jwks: { readonly keys: readonly Record<string, unknown>[] } | undefined;
  readonly jwksUri: string | undefined;
  /** Its secret is checked at Auth0. */
  readonly isAuth0Application?: boolean;
}

/** The method that a login of the client is bound to: `none` where authentication is optional. */
export function requiredMethod({ authMethods }: Pick<Client, 'authMethods'>): ClientAuthMethod {
  return authMethods.includes('none') ? 'none' : authMethods[0];
}

/** The pre-registered client that may act without a user, by its id. */
export function findMachine(
  { clients }: Pick<Config, 'clients'>,
  clientId: string,
): PreRegisteredClient | undefined {
  return clients.find(
    (client) => client.clientId === clientId && client.grants.includes('client_credentials'),
  );
}

/** The methods of a client with a secret: both are accepted, whichever it registered. */
export const SECRET_METHODS: AuthMethods = ['client_secret_basic', 'client_secret_post'];

/** Short name of a client for logs and events: URLs and short ids as they are, long ids as a hash. */
export function clientFingerprint(clientId: string): string {
  if (clientId.startsWith('https://') || clientId.length <= 40) return clientId;
  return hash('sha256', clientId, 'base64url').slice(0, 12);
}
