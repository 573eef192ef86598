/**
 * What a login at Auth0 is for. It travels with the login, sealed, and decides how it ends: there is
 * one callback for all, so that nothing in its URL may decide it.
 *
 * @module
 */
import { InvalidRequestError } from '../oauth/errors.js';
import { isJsonObject } from '../oauth/json-object.js';
import type { ApprovedRequest } from './code-grant.js';

/** Written at the departure, read at the callback. */
export type PendingLogin =
  /** A client gets a code. */
  | { readonly purpose: 'client'; readonly request: ApprovedRequest }
  /** A person is signed in to the page of their connected apps. */
  | {
      readonly purpose: 'connected_apps';
      /** They signed out in this browser before: Auth0 is to ask, whoever it knows. */
      readonly reauthenticate: boolean;
    };

/**
 * Reads it back. What is inside a request is taken as it is, since only a departure can have sealed it.
 *
 * @throws InvalidRequestError for anything but exactly one of the two
 */
export function pendingLoginOf(pending: unknown): PendingLogin {
  const fields = new Map(isJsonObject(pending) ? Object.entries(pending) : []);
  const [purpose, request] = [fields.get('purpose'), fields.get('request')];
  const reauthenticate = fields.get('reauthenticate');
  if (fields.size === 2) {
    if (purpose === 'client' && isJsonObject(request)) {
      // Written by our own departure, so its form is known.
      return { purpose, request: request as unknown as ApprovedRequest };
    }
    if (purpose === 'connected_apps' && typeof reauthenticate === 'boolean') {
      return { purpose, reauthenticate };
    }
  }
  throw new InvalidRequestError('There is no such login', { detail: 'its record says no purpose' });
}
