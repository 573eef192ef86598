/** Token requests: RFC 6749 §4.1.3, §4.4.2 and §6, RFC 7523 §2.1, RFC 7636 §4.5, RFC 8707 §2.2. */
import { InvalidGrantError, UnsupportedGrantTypeError } from './errors.js';
import {
  optionalParameter,
  type Parameters,
  repeatedParameter,
  requiredParameter,
} from './parameters.js';
import { isCodeVerifier } from './pkce.js';
import { checkResource } from './resource-indicator.js';
import { parseScope } from './scope.js';

/** RFC 6749 §4.1.3. */
export interface CodeGrantRequest {
  readonly grantType: 'authorization_code';
  readonly code: string;
  readonly codeVerifier: string;
  readonly redirectUri: string | undefined;
}

/** RFC 6749 §6. */
export interface RefreshGrantRequest {
  readonly grantType: 'refresh_token';
  readonly refreshToken: string;
  /** Undefined for all granted scopes. */
  readonly scopes: readonly string[] | undefined;
}

/** RFC 6749 §4.4.2. */
export interface ClientCredentialsRequest {
  readonly grantType: 'client_credentials';
  /** Undefined for all scopes of the client. */
  readonly scopes: readonly string[] | undefined;
}

/** RFC 7523 §2.1. */
export const JWT_BEARER: 'urn:ietf:params:oauth:grant-type:jwt-bearer' =
  'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** A request with an identity assertion in place of a login. */
export interface AssertionRequest {
  readonly grantType: typeof JWT_BEARER;
  readonly assertion: string;
  /** Undefined for all scopes of the assertion. */
  readonly scopes: readonly string[] | undefined;
}

type TokenRequest =
  | CodeGrantRequest
  | RefreshGrantRequest
  | ClientCredentialsRequest
  | AssertionRequest;

/** A grant type at the token endpoint. */
export type GrantType = TokenRequest['grantType'];

/**
 * @param grantTypes that this server supports
 * @throws InvalidRequestError a parameter is missing or repeated
 * @throws UnsupportedGrantTypeError
 * @throws InvalidGrantError the code verifier is malformed
 * @throws InvalidTargetError `resource` is another resource
 */
export function parseTokenRequest(
  parameters: Parameters,
  resource: string,
  grantTypes: readonly GrantType[],
): TokenRequest {
  const requested = requiredParameter(parameters, 'grant_type');
  const grantType = grantTypes.find((supported) => supported === requested);
  if (grantType === undefined) {
    throw new UnsupportedGrantTypeError(`The grant types are ${grantTypes.join(', ')}`);
  }
  const request = PARSERS[grantType](parameters);
  checkResource(repeatedParameter(parameters, 'resource'), resource);
  return request;
}

const PARSERS: Readonly<Record<GrantType, (parameters: Parameters) => TokenRequest>> = {
  authorization_code: codeGrant,
  refresh_token: refreshGrant,
  client_credentials: (parameters) => ({
    grantType: 'client_credentials',
    scopes: requestedScopes(parameters),
  }),
  [JWT_BEARER]: (parameters) => ({
    grantType: JWT_BEARER,
    assertion: requiredParameter(parameters, 'assertion'),
    scopes: requestedScopes(parameters),
  }),
};

function codeGrant(parameters: Parameters): CodeGrantRequest {
  const codeVerifier = requiredParameter(parameters, 'code_verifier');
  if (!isCodeVerifier(codeVerifier)) {
    throw new InvalidGrantError('The code_verifier does not match', {
      detail: 'malformed verifier',
    });
  }
  return {
    grantType: 'authorization_code',
    code: requiredParameter(parameters, 'code'),
    codeVerifier,
    redirectUri: optionalParameter(parameters, 'redirect_uri'),
  };
}

function refreshGrant(parameters: Parameters): RefreshGrantRequest {
  return {
    grantType: 'refresh_token',
    refreshToken: requiredParameter(parameters, 'refresh_token'),
    scopes: requestedScopes(parameters),
  };
}

function requestedScopes(parameters: Parameters): readonly string[] | undefined {
  const scope = optionalParameter(parameters, 'scope');
  return scope === undefined ? undefined : parseScope(scope);
}
