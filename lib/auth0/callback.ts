/**
 * What Auth0 sent back with the browser: read from the URL, and what an `error` in it means.
 *
 * Spec: RFC 6749 §4.1.2 (answers), §4.1.2.1 (errors), §3.1 (no repeated parameter); RFC 9207 §2;
 * OpenID Connect Core 1.0 §3.1.2.6.
 *
 * @module
 */
import { Auth0Error, type Auth0ErrorKind } from './auth0.js';
import { messageToUser, plainText } from './plain-text.js';
import { AUDIENCE_REMEDY } from './token-errors.js';

/** An authorization response. Has a `code` or an `error`; nothing in it is trusted yet. */
export interface Callback {
  readonly state: string;
  readonly code: string | undefined;
  readonly error: string | undefined;
  readonly errorDescription: string | undefined;
  /** RFC 9207. */
  readonly iss: string | undefined;
}

/** Shape of the states we make: 32 bytes in base64url. Anything else needs no look-up. */
const STATE = /^[\w-]{43}$/;

const APPLICATION_REMEDY =
  'Compare Dashboard > Applications > your application > Settings (Allowed Callback URLs, Grant Types, Organizations, Connections) with the options, authorizeParams above all.';

const API_ACCESS_REMEDY =
  'Dashboard > Applications > APIs > your API > Application Access must let this application act for its users.';

type Meaning = readonly [Auth0ErrorKind, string?];

/** Errors of the authorization endpoint and what they mean here; others are `invalid_response`. */
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

/** Auth0's text for a user who cancels: nothing that they have to be told. */
const CANCELLED = 'User did not authorize the request';

/** Auth0 has one code for faults of the set-up and of the user's account: these texts tell them apart. */
const MEANINGS_BY_TEXT: readonly (readonly [RegExp, Meaning])[] = [
  [/^Service not found/, ['misconfigured', AUDIENCE_REMEDY]],
  [/^Client .*is not authorized to access resource server/, ['misconfigured', API_ACCESS_REMEDY]],
  // "client requires organization membership, but user does not belong to any organization"
  [/\buser\b.*\bnot\b.*(?:\borgani[sz]ation|\bmember)/i, ['denied']],
  // "invitation not found or already used"
  [/\b(?:invitation|link)\b.*\b(?:expired|already used)\b/i, ['denied']],
];

/**
 * Reads the query by itself, so that neither the host's query parser nor a list in place of a
 * string can change its meaning.
 *
 * @param originalUrl path and query of the request
 * @throws Auth0Error `unknown_login` where no login could be meant
 */
export function parseCallback(originalUrl: string): Callback {
  const mark = originalUrl.indexOf('?');
  const query = new URLSearchParams(mark < 0 ? '' : originalUrl.slice(mark + 1));
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

/** The error for a callback that belongs to no login of this browser. */
export function unknownLogin(reason: string): Auth0Error {
  return new Auth0Error('unknown_login', `callback: ${reason}`);
}

/**
 * What Auth0's `error` means. The description goes into the message, which is for the log; of a denial
 * it is the tenant's reason, which is for the user too.
 */
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
 * RFC 9207 §2.4: an answer of another server is not for us, whatever it says.
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
