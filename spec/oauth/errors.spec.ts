import { describe, expect, it } from '@jest/globals';

import * as errors from '../../lib/oauth/errors.js';

const { OAuthError, InsufficientScopeError, ...classes } = errors;

const TABLE: [keyof typeof classes, string, number][] = [
  ['InvalidRequestError', 'invalid_request', 400],
  ['RequestTooLargeError', 'invalid_request', 413],
  ['NotFoundError', 'invalid_request', 404],
  ['RequestTimeoutError', 'invalid_request', 408],
  ['UnsupportedBodyError', 'invalid_request', 415],
  ['MethodNotAllowedError', 'invalid_request', 405],
  // Conflict 10: 401, on which SDKs register anew (CLI-23).
  ['InvalidClientError', 'invalid_client', 401],
  ['InvalidGrantError', 'invalid_grant', 400],
  ['UnauthorizedClientError', 'unauthorized_client', 400],
  ['UnsupportedGrantTypeError', 'unsupported_grant_type', 400],
  ['InvalidScopeError', 'invalid_scope', 400],
  ['InvalidTargetError', 'invalid_target', 400],
  ['UnsupportedResponseTypeError', 'unsupported_response_type', 400],
  ['AccessDeniedError', 'access_denied', 403],
  ['UnmetAuthenticationError', 'unmet_authentication_requirements', 403],
  ['InteractionRequiredError', 'interaction_required', 400],
  ['RequestNotSupportedError', 'request_not_supported', 400],
  ['RequestUriNotSupportedError', 'request_uri_not_supported', 400],
  ['InvalidRedirectUriError', 'invalid_redirect_uri', 400],
  ['InvalidClientMetadataError', 'invalid_client_metadata', 400],
  ['InvalidTokenError', 'invalid_token', 401],
  ['TemporarilyUnavailableError', 'temporarily_unavailable', 503],
  // The one code of 429 on which every SDK keeps its credentials.
  ['TooManyRequestsError', 'too_many_requests', 429],
  ['ServerError', 'server_error', 500],
  ['StepUpNeededError', 'server_error', 400],
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

  it('R-ERR InsufficientScopeError is 403 and keeps the scopes', () => {
    const error = new InsufficientScopeError(['a', 'b']);
    expect(error).toMatchObject({ code: 'insufficient_scope', status: 403, scopes: ['a', 'b'] });
  });

  it('have details for the log only', () => {
    const cause = new Error('from below');
    const extra = { detail: 'the reason', cause, retryAfterSeconds: 7 };
    const error = new errors.TemporarilyUnavailableError('Try again', extra);
    expect(error).toMatchObject({ description: 'Try again', ...extra });
    expect(error.message).toBe('Try again (the reason)');
  });
});
