/**
 * What an error of Auth0's token endpoint means for us.
 *
 * Spec: RFC 6749 §5.2, and Auth0's dialect of it: a wrong secret is 401 `access_denied`, a dead
 * refresh token is 403 `invalid_grant`. So the `error` code decides, and the status only where one
 * code has two meanings.
 *
 * @module
 */
import { Auth0Error, type Auth0ErrorKind } from './auth0.js';
import { messageToUser, plainText } from './plain-text.js';

/** What was asked for; `invalid_grant` differs by it. */
export type GrantType = 'authorization_code' | 'refresh_token';

/** The parts of an error answer that matter. */
export interface TokenErrorResponse {
  readonly status: number;
  readonly error: unknown;
  readonly description: unknown;
}

/** The dashboard setting behind "Service not found". */
export const AUDIENCE_REMEDY =
  'audience must equal the identifier of an API of this tenant to the letter, trailing slash included: Dashboard > Applications > APIs > your API > Identifier.';

const CLIENT_REMEDY =
  'Dashboard > Applications > your application > Credentials > Authentication Method must match clientId, clientSecret and tokenEndpointAuthMethod. Single Page and Native applications use the method None: leave clientSecret out.';

const GRANT_TYPES_REMEDY =
  'Dashboard > Applications > your application > Settings > Advanced Settings > Grant Types: enable Authorization Code and Refresh Token. APIs > your API > Application Access must let this application in.';

const REQUEST_REMEDY =
  "Auth0 refused the form of our request: look up this moment under Dashboard > Monitoring > Logs, and compare the application's and the API's settings with the README.";

/** Codes with one meaning whatever was asked for. */
const FIXED: Readonly<Record<string, readonly [Auth0ErrorKind, string?]>> = {
  mfa_required: ['session_ended'],
  invalid_client: ['misconfigured', CLIENT_REMEDY],
  unauthorized_client: ['misconfigured', GRANT_TYPES_REMEDY],
  unsupported_grant_type: ['misconfigured', GRANT_TYPES_REMEDY],
  invalid_request: ['misconfigured', REQUEST_REMEDY],
  invalid_scope: ['misconfigured', REQUEST_REMEDY],
  invalid_target: ['misconfigured', AUDIENCE_REMEDY],
  invalid_dpop_proof: ['misconfigured', REQUEST_REMEDY],
  too_many_requests: ['unavailable'],
  server_error: ['unavailable'],
  temporarily_unavailable: ['unavailable'],
};

/** Turns an error answer into the error to throw. */
export function tokenError(grantType: GrantType, answer: TokenErrorResponse): Auth0Error {
  const code = typeof answer.error === 'string' ? plainText(answer.error) : '';
  const description = plainText(answer.description);
  const [kind, remedy] = meaning(grantType, { ...answer, error: code, description });
  const said = [code || 'no error code', description].filter((part) => part !== '').join(': ');
  return new Auth0Error(kind, `token endpoint (${grantType}): ${answer.status} ${said}`, {
    remedy,
    tenantMessage: kind === 'denied' ? messageToUser(answer.description) : undefined,
  });
}

function meaning(
  grantType: GrantType,
  answer: { status: number; error: string; description: string },
): readonly [Auth0ErrorKind, string?] {
  const isRefresh = grantType === 'refresh_token';
  if (answer.description.startsWith('Service not found')) return ['misconfigured', AUDIENCE_REMEDY];
  switch (answer.error) {
    case 'invalid_grant':
      return [isRefresh ? 'session_ended' : 'invalid_response'];
    case 'access_denied':
      // 401 is a wrong secret or method; otherwise a rule or Action of the tenant said no.
      if (answer.status === 401) return ['misconfigured', CLIENT_REMEDY];
      return [isRefresh ? 'session_ended' : 'denied'];
    case 'unauthorized':
      return [isRefresh ? 'session_ended' : 'denied'];
    default:
      // An answer we cannot read says nothing about the session: it must not end one.
      return fixedMeaning(answer.error) ?? [isRefresh ? 'unavailable' : 'invalid_response'];
  }
}

function fixedMeaning(code: string): readonly [Auth0ErrorKind, string?] | undefined {
  return Object.hasOwn(FIXED, code) ? FIXED[code] : undefined;
}
