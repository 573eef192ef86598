/**
 * The caller of the current request, wherever in the call stack somebody asks.
 *
 * @module
 */
import { correlationOf } from '../config/correlation.js';
import { requestContext, runInContext } from '../config/request-context.js';
import type { AccessToken } from './auth-info.js';

/** Runs `work` with `accessToken` as the caller, in everything it awaits. */
export function runWithAccessToken<T>(accessToken: AccessToken, work: () => T): T {
  const outer = requestContext();
  const context =
    outer === undefined ? { accessToken } : { correlation: correlationOf(outer), accessToken };
  return runInContext(context, work);
}

/**
 * The person and client behind the current call: use it inside a tool, or in any code a guarded
 * route runs.
 *
 * @throws Error outside of a guarded request
 */
export function getAccessToken(): AccessToken {
  // Set by runWithAccessToken() alone.
  const accessToken = requestContext()?.accessToken as AccessToken | undefined;
  if (accessToken === undefined) {
    throw new Error(
      'getAccessToken() was called outside of a guarded request: call it inside a tool or a route behind auth0Mcp(), auth0McpResource() or auth.bearer(), not at start-up and not in a timer; app.use(auth) has to come before the route',
    );
  }
  return accessToken;
}
