/**
 * What Auth0's access token says of the person.
 *
 * @module
 */
import { decodeJwt } from 'jose';

import { deepFreeze } from '../config/deep-freeze.js';
import type { GrantRecord } from '../storage/records.js';

/**
 * The claims of a grant's token; frozen, since all requests with the token share them. Decodes only:
 * the token was verified when it was fetched, and has been sealed since.
 */
export function auth0ClaimsOf({ auth0 }: Pick<GrantRecord, 'auth0'>): Record<string, unknown> {
  return deepFreeze(decodeJwt(auth0.accessToken));
}
