/**
 * The authorization request, in two phases: who asks and where the answer would go, then the rest.
 *
 * Before the first phase has passed nothing may be sent to the redirect URI; after it, errors are
 * answered there. The types keep the phases apart.
 *
 * Spec: RFC 6749 §4.1.1, OAuth 2.1 §4.1.1, RFC 7636 §4.3, RFC 8707 §2, RFC 9700 §2.1.
 *
 * @module
 */
import {
  InvalidRequestError,
  RequestNotSupportedError,
  RequestUriNotSupportedError,
  UnsupportedResponseTypeError,
} from './errors.js';
import {
  optionalParameter,
  type Parameters,
  repeatedParameter,
  requiredParameter,
} from './parameters.js';
import { isCodeChallenge } from './pkce.js';
import { isRegisteredRedirectUri } from './redirect-uri.js';
import { checkResource } from './resource-indicator.js';
import { parseScope } from './scope.js';

/** Where an answer goes, proved: only {@link redirectTarget} makes one. */
export interface RedirectTarget {
  readonly redirectUri: string;
  /** Echoed byte for byte if it was sent (§4.1.2); absent if not. */
  readonly state: string | undefined;
}

/** A complete, valid request. */
export interface AuthorizationRequest extends RedirectTarget {
  readonly clientId: string;
  readonly codeChallenge: string;
  /** As sent, well-formed words only; selection happens against our own list. */
  readonly requestedScopes: readonly string[];
  readonly promptsConsent: boolean;
  /** Passed on to Auth0: what helps the person to log in. */
  readonly hints: Readonly<Record<string, string>>;
}

/** OpenID Connect parameters that may go on to Auth0; every other one is ignored (R-AZ-14). */
const FORWARDED_HINTS = ['login_hint', 'ui_locales'] as const;

/**
 * First phase. @throws InvalidRequestError when `redirect_uri` is missing while several are
 * registered, is repeated, or is not a registered one: show a page, never redirect (R-AZ-1)
 */
export function redirectTarget(
  parameters: Parameters,
  client: { readonly redirectUris: readonly string[] },
): RedirectTarget {
  const sent = optionalParameter(parameters, 'redirect_uri');
  const [only, ...others] = client.redirectUris;
  const redirectUri = sent ?? (others.length === 0 ? only : undefined);
  if (redirectUri === undefined) {
    throw new InvalidRequestError(
      'The parameter redirect_uri is missing, and several are registered',
    );
  }
  if (!isRegisteredRedirectUri(redirectUri, client.redirectUris)) {
    throw new InvalidRequestError('The redirect_uri is not registered for this client');
  }
  return { redirectUri, state: stateOf(parameters) };
}

/** Second phase. @throws OAuthError to be answered at the redirect target */
export function parseAuthorizationRequest(
  parameters: Parameters,
  clientId: string,
  target: RedirectTarget,
  resource: string,
): AuthorizationRequest {
  refuseUnsupported(parameters);
  checkResource(repeatedParameter(parameters, 'resource'), resource);
  const prompt = parseScope(optionalParameter(parameters, 'prompt'));
  return {
    ...target,
    // A repeated `state` has no one value to echo; the error goes out without.
    state: optionalParameter(parameters, 'state'),
    clientId,
    codeChallenge: codeChallenge(parameters),
    requestedScopes: parseScope(optionalParameter(parameters, 'scope')),
    promptsConsent: prompt.includes('consent'),
    hints: forwardedHints(parameters),
  };
}

/** Whether the client forbids any page (`prompt=none`). */
export function forbidsInteraction(parameters: Parameters): boolean {
  return parseScope(optionalParameter(parameters, 'prompt')).includes('none');
}

function refuseUnsupported(parameters: Parameters): void {
  if (parameters.has('request'))
    throw new RequestNotSupportedError('Request objects are not supported');
  if (parameters.has('request_uri')) {
    throw new RequestUriNotSupportedError('Request URIs are not supported');
  }
  const responseType = requiredParameter(parameters, 'response_type');
  if (responseType !== 'code') {
    throw new UnsupportedResponseTypeError('The only response_type supported is code');
  }
  const responseMode = optionalParameter(parameters, 'response_mode') ?? 'query';
  if (responseMode !== 'query') {
    throw new InvalidRequestError('The only response_mode supported is query');
  }
}

function codeChallenge(parameters: Parameters): string {
  const challenge = requiredParameter(parameters, 'code_challenge');
  // RFC 7636 §4.3: an absent method means `plain`, which is refused as well.
  if (optionalParameter(parameters, 'code_challenge_method') !== 'S256') {
    throw new InvalidRequestError('The only code_challenge_method supported is S256');
  }
  if (!isCodeChallenge(challenge)) {
    throw new InvalidRequestError('The code_challenge is not 43 base64url characters');
  }
  return challenge;
}

function forwardedHints(parameters: Parameters): Readonly<Record<string, string>> {
  return Object.fromEntries(
    FORWARDED_HINTS.flatMap((name) => {
      const value = optionalParameter(parameters, name);
      return value === undefined || value.length > 256 ? [] : [[name, value]];
    }),
  );
}

function stateOf(parameters: Parameters): string | undefined {
  try {
    return optionalParameter(parameters, 'state');
  } catch {
    // Reported by the second phase, where it can be answered at the redirect URI.
    return undefined;
  }
}
