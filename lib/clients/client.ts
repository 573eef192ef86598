/**
 * An OAuth client (RFC 6749 §2) as the rest of the library sees it, however it became known.
 *
 * @module
 */

import type { ClientAuthMethod } from '../oauth/client-credentials.js';

export type { ClientAuthMethod } from '../oauth/client-credentials.js';

/** How a client became known to us. */
export type ClientKind = 'registered' | 'metadata_document' | 'preregistered';

/** At least one way, the strongest first. */
export type AuthMethods = readonly [ClientAuthMethod, ...ClientAuthMethod[]];

/** A client, validated. Its name is self-declared unless it is pre-registered. */
export interface Client {
  readonly id: string;
  readonly kind: ClientKind;
  /** `client_name`; undefined when the client gave none. Untrusted text. */
  readonly name: string | undefined;
  /** As registered, byte for byte; never empty. */
  readonly redirectUris: readonly string[];
  /** The ways in which it may authenticate; with `none` among them a proof is optional. */
  readonly authMethods: AuthMethods;
  /** Whether it may hold refresh tokens: `grant_types` names `refresh_token`, or was left out. */
  readonly mayRefresh: boolean;
  /** For `metadata_document`: the host of the client id, which the fetch has verified. */
  readonly verifiedHost: string | undefined;
  /** Public keys for `private_key_jwt`: the set itself, or where to fetch it. */
  readonly jwks: { readonly keys: readonly Record<string, unknown>[] } | undefined;
  readonly jwksUri: string | undefined;
}

/** What a login of the client is bound to: `none` where a proof is optional. */
export function requiredMethod({ authMethods }: Pick<Client, 'authMethods'>): ClientAuthMethod {
  return authMethods.includes('none') ? 'none' : authMethods[0];
}

/** Of a client that has a secret: it may send it either way, however it registered. */
export const BY_SECRET: AuthMethods = ['client_secret_basic', 'client_secret_post'];
