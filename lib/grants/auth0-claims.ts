/**
 * What Auth0's access token says of the person.
 *
 * @module
 */
import { decodeJwt } from 'jose';

import { deeplyFrozen } from '../storage/deeply-frozen.js';
import type { GrantRecord } from '../storage/records.js';

/** Reads the claims of a grant's token; frozen, since all requests with the token share them. */
export type ReadAuth0Claims = (grant: Pick<GrantRecord, 'auth0'>) => Record<string, unknown>;

/**
 * Decodes only: the token was verified when it was fetched, and has been sealed since. Once per
 * record, since an unchanged grant is the same object on every request.
 */
export function createAuth0Claims(): ReadAuth0Claims {
  const decoded = new WeakMap<object, Record<string, unknown>>();
  return function readAuth0Claims({ auth0 }) {
    const known = decoded.get(auth0);
    if (known !== undefined) return known;
    const claims: Record<string, unknown> = deeplyFrozen(decodeJwt(auth0.accessToken));
    decoded.set(auth0, claims);
    return claims;
  };
}
