import { describe, expect, it } from '@jest/globals';

import * as errors from '../../lib/oauth/errors.js';

const { OAuthError, InsufficientScope, ...classes } = errors;

const TABLE: [keyof typeof classes, string, number][] = [
  ['InvalidRequest', 'invalid_request', 400],
  ['RequestTooLarge', 'invalid_request', 413],
  ['NotFound', 'invalid_request', 404],
  ['RequestTimedOut', 'invalid_request', 408],
  ['UnsupportedBody', 'invalid_request', 415],
  ['MethodNotAllowed', 'invalid_request', 405],
  // Conflict 10: 401, on which SDKs register anew (CLI-23).
  ['InvalidClient', 'invalid_client', 401],
  ['InvalidGrant', 'invalid_grant', 400],
  ['UnauthorizedClientError', 'unauthorized_client', 400],
  ['UnsupportedGrantType', 'unsupported_grant_type', 400],
  ['InvalidScope', 'invalid_scope', 400],
  ['InvalidTarget', 'invalid_target', 400],
  ['UnsupportedResponseType', 'unsupported_response_type', 400],
  ['AccessDenied', 'access_denied', 403],
  ['InteractionRequired', 'interaction_required', 400],
  ['RequestNotSupported', 'request_not_supported', 400],
  ['RequestUriNotSupported', 'request_uri_not_supported', 400],
  ['InvalidRedirectUri', 'invalid_redirect_uri', 400],
  ['InvalidClientMetadata', 'invalid_client_metadata', 400],
  ['InvalidToken', 'invalid_token', 401],
  ['TemporarilyUnavailable', 'temporarily_unavailable', 503],
  // The one code of 429 on which every SDK keeps its credentials.
  ['TooManyRequests', 'too_many_requests', 429],
  ['ServerError', 'server_error', 500],
];

describe('OAuth errors', () => {
  it.each(TABLE)('R-ERR %s is %s with %i', (name, code, status) => {
    const error = new classes[name]('What went wrong');
    expect(error).toBeInstanceOf(OAuthError);
    expect(error).toMatchObject({ name, code, status, description: 'What went wrong' });
    expect(error.message).toBe('What went wrong');
  });

  it('are all in that table', () => {
    expect(TABLE.map(([name]) => `${name}`).toSorted()).toEqual(Object.keys(classes).toSorted());
  });

  it('R-ERR InsufficientScope is 403 and keeps the scopes', () => {
    const error = new InsufficientScope(['a', 'b'], { detail: 'why' });
    expect(error).toMatchObject({ code: 'insufficient_scope', status: 403, scopes: ['a', 'b'] });
    expect(error.detail).toBe('why');
  });

  it('keep for the log what the wire must not see', () => {
    const cause = new Error('from below');
    const extra = { detail: 'the reason', cause, retryAfterSeconds: 7 };
    const error = new errors.TemporarilyUnavailable('Try again', extra);
    expect(error).toMatchObject({ description: 'Try again', ...extra });
    expect(error.message).toBe('Try again (the reason)');
  });
});
