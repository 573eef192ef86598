/** Authorization responses of Auth0: RFC 6749 §4.1.2, RFC 9207 §2, OpenID Connect Core 1.0 §3.1.2.6. */
import { Auth0Error, type Auth0ErrorKind, messageToUser, plainText } from './auth0.js';
import { AUDIENCE_REMEDY } from './token-endpoint.js';

/** Untrusted. Has a `code`, an `error` or both. */
export interface Callback {
  readonly state: string;
  readonly code: string | undefined;
  readonly error: string | undefined;
  readonly errorDescription: string | undefined;
  /** RFC 9207. */
  readonly iss: string | undefined;
}

/** 32 bytes in base64url. Any other state needs no lookup. */
const STATE = /^[\w-]{43}$/;

const APPLICATION_REMEDY =
  'Compare Dashboard > Applications > your application > Settings (Allowed Callback URLs, Grant Types, Organizations, Connections) with the options, authorizeParams above all.';

const API_ACCESS_REMEDY =
  'Dashboard > Applications > APIs > your API > Application Access must allow this application to act for its users.';

type Meaning = readonly [Auth0ErrorKind, string?];

/** Errors of the authorization endpoint; any other is `invalid_response`. */
const MEANINGS: Readonly<Record<string, Meaning>> = {
  access_denied: ['denied'],
  unauthorized: ['denied'],
  login_required: ['denied'],
  consent_required: ['denied'],
  interaction_required: ['denied'],
  account_selection_required: ['denied'],
  temporarily_unavailable: ['unavailable'],
  server_error: ['unavailable'],
  too_many_requests: ['unavailable'],
  unauthorized_client: ['misconfigured', APPLICATION_REMEDY],
  invalid_request: ['misconfigured', APPLICATION_REMEDY],
  invalid_scope: ['misconfigured', APPLICATION_REMEDY],
  invalid_target: ['misconfigured', AUDIENCE_REMEDY],
  unsupported_response_type: ['misconfigured', APPLICATION_REMEDY],
};

/** Auth0's description when the user cancels; not shown to the user. */
const CANCELLED = 'User did not authorize the request';

/** Auth0 uses one code for misconfiguration and for denials: the description distinguishes them. */
const MEANINGS_BY_TEXT: readonly (readonly [RegExp, Meaning])[] = [
  [/^Service not found/, ['misconfigured', AUDIENCE_REMEDY]],
  [/^Client .*is not authorized to access resource server/, ['misconfigured', API_ACCESS_REMEDY]],
  // "client requires organization membership, but user does not belong to any organization"
  [/\buser\b.*\bnot\b.*(?:\borgani[sz]ation|\bmember)/i, ['denied']],
  // "invitation not found or already used"
  [/\b(?:invitation|link)\b.*\b(?:expired|already used)\b/i, ['denied']],
];

/**
 * Parses the query itself, independent of the query parser of the host app.
 *
 * @param originalUrl path and query of the request
 * @throws Auth0Error `unknown_login` if it cannot belong to a login
 */
export function parseCallback(originalUrl: string): Callback {
  const mark = originalUrl.indexOf('?');
  const query = new URLSearchParams(mark < 0 ? '' : originalUrl.slice(mark + 1));
  // RFC 6749 §3.1
  if (new Set(query.keys()).size !== query.size) throw unknownLogin('a parameter is repeated');
  const state = query.get('state') ?? '';
  if (!STATE.test(state)) throw unknownLogin('state is missing or not one of ours');
  const code = query.get('code') || undefined;
  const error = query.get('error') || undefined;
  if (code === undefined && error === undefined) throw unknownLogin('neither code nor error');
  return {
    state,
    code,
    error,
    errorDescription: query.get('error_description') || undefined,
    iss: query.get('iss') ?? undefined,
  };
}

export function unknownLogin(reason: string): Auth0Error {
  return new Auth0Error('unknown_login', `callback: ${reason}`);
}

/** The error for a callback with `error`. Its description is for the log and, of a denial, for the user. */
export function callbackError(callback: Callback): Auth0Error {
  const code = plainText(callback.error);
  const description = plainText(callback.errorDescription);
  const [kind, remedy] = meaningOf(code, description);
  return new Auth0Error(kind, `callback: ${code}${description && `: ${description}`}`, {
    remedy,
    tenantMessage:
      kind === 'denied' && description !== CANCELLED
        ? messageToUser(callback.errorDescription)
        : undefined,
  });
}

function meaningOf(code: string, description: string): Meaning {
  const byText = MEANINGS_BY_TEXT.find(([pattern]) => pattern.test(description));
  if (byText !== undefined) return byText[1];
  return (Object.hasOwn(MEANINGS, code) ? MEANINGS[code] : undefined) ?? ['invalid_response'];
}

/**
 * RFC 9207 §2.4: a response of another server must be ignored.
 *
 * @throws Auth0Error `invalid_response`
 */
export function requireIssuerOf(
  callback: Callback,
  metadata: { readonly issuer: string; readonly sendsIssuer: boolean },
): void {
  if (callback.iss === undefined && !metadata.sendsIssuer) return;
  if (callback.iss === metadata.issuer) return;
  throw new Auth0Error(
    'invalid_response',
    callback.iss === undefined
      ? 'callback: iss is missing, although discovery announces it'
      : `callback: iss is not ${metadata.issuer}`,
  );
}
