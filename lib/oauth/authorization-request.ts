/**
 * The authorization request: RFC 6749 §4.1.1, RFC 7636 §4.3, RFC 8707 §2, RFC 9700 §2.1.
 *
 * It is parsed in two phases. Only after the first may anything be sent to the redirect URI; errors of the second are
 * sent there. The types separate the phases.
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

/** A validated redirect URI: only {@link redirectTarget} creates one. */
export interface RedirectTarget {
  readonly redirectUri: string;
  /** Returned unchanged (§4.1.2). */
  readonly state: string | undefined;
}

export interface AuthorizationRequest extends RedirectTarget {
  readonly clientId: string;
  readonly codeChallenge: string;
  /** As sent, without malformed ones; not selected yet. */
  readonly requestedScopes: readonly string[];
  readonly promptsConsent: boolean;
  /** Forwarded to Auth0. */
  readonly hints: Readonly<Record<string, string>>;
}

/** OpenID Connect parameters that are forwarded to Auth0; any other is ignored. */
const FORWARDED_HINTS = ['login_hint', 'ui_locales'] as const;

/**
 * First phase.
 *
 * @throws InvalidRequestError `redirect_uri` is missing while several are registered, repeated or not registered: the
 *   error is a page, never a redirect (RFC 6749 §4.1.2.1)
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

/** Second phase. @throws OAuthError to send to the redirect URI */
export function parseAuthorizationRequest(
  parameters: Parameters,
  clientId: string,
  target: RedirectTarget,
  resource: string,
): AuthorizationRequest {
  rejectUnsupported(parameters);
  checkResource(repeatedParameter(parameters, 'resource'), resource);
  const prompt = parseScope(optionalParameter(parameters, 'prompt'));
  return {
    ...target,
    // A repeated `state` is an error, whose response has none.
    state: optionalParameter(parameters, 'state'),
    clientId,
    codeChallenge: codeChallenge(parameters),
    requestedScopes: parseScope(optionalParameter(parameters, 'scope')),
    promptsConsent: prompt.includes('consent'),
    hints: forwardedHints(parameters),
  };
}

/** `prompt=none`. */
export function forbidsInteraction(parameters: Parameters): boolean {
  return parseScope(optionalParameter(parameters, 'prompt')).includes('none');
}

function rejectUnsupported(parameters: Parameters): void {
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
  // RFC 7636 §4.3: a missing method means `plain`.
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
    // The second phase throws it, for a response to the redirect URI.
    return undefined;
  }
}
