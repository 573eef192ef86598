/**
 * What Auth0's access token says of the person.
 *
 * @module
 */
import { decodeJwt } from 'jose';

import type { GrantRecord } from '../storage/records.js';

/** The claims, decoded only: the token was verified when it was fetched, and has been sealed since. */
export function auth0ClaimsOf({ auth0 }: Pick<GrantRecord, 'auth0'>): Record<string, unknown> {
  return decodeJwt(auth0.accessToken);
}
