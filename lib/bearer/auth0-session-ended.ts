/**
 * The error for "this person has to log in again", met in the middle of a call.
 *
 * @module
 */
import { type ChallengeBase, errorChallenge } from '../oauth/challenge.js';
import { InvalidTokenError } from '../oauth/errors.js';

/**
 * The session at Auth0 is over: it was revoked, has run out, or Auth0 asks for a second factor. What
 * our access token stood for has ended with it, so the next request with that token is a 401 and
 * the client sends the person to log in.
 *
 * `code`, `status` and `headers` make it a 401 with a Bearer challenge where nothing has been sent:
 * pass it to `next` in an Express route, and Express's own error handler answers just that. An error
 * handler of the app's own does the same with `res.status(error.status).set(error.headers)`. Thrown
 * in an MCP tool it becomes a tool error, since the answer has begun by then.
 */
export class Auth0SessionEndedError extends InvalidTokenError {
  /** For Express: the challenge that starts a new login. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(challenge: ChallengeBase, cause: unknown) {
    super('The login has ended: log in again', { cause });
    this.headers = {
      'WWW-Authenticate': errorChallenge(challenge, this),
      'Cache-Control': 'no-store',
    };
  }
}
