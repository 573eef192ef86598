/**
 * The caller of the current request, wherever in the call stack somebody asks.
 *
 * @module
 */
import { AsyncLocalStorage } from 'node:async_hooks';

import type { AccessToken } from './auth-info.js';

const current = new AsyncLocalStorage<AccessToken>();

/** Runs `work` with `accessToken` as the caller, in everything it awaits. */
export function runWithAccessToken<T>(accessToken: AccessToken, work: () => T): T {
  return current.run(accessToken, work);
}

/**
 * The person and client behind the current call: use it inside a tool, or in any code a guarded
 * route runs.
 *
 * @throws Error outside of a guarded request
 */
export function getAccessToken(): AccessToken {
  const accessToken = current.getStore();
  if (accessToken === undefined) {
    throw new Error(
      'getAccessToken() was called outside of a guarded request: call it inside a tool or a route behind auth0Mcp() or auth.bearer(), not at start-up and not in a timer',
    );
  }
  return accessToken;
}
