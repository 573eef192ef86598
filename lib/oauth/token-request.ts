/** Token requests: RFC 6749 §4.1.3 and §6, RFC 7636 §4.5, RFC 8707 §2.2. */
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

type TokenRequest = CodeGrantRequest | RefreshGrantRequest;

/**
 * @throws InvalidRequestError a parameter is missing or repeated
 * @throws UnsupportedGrantTypeError
 * @throws InvalidGrantError the code verifier is malformed
 * @throws InvalidTargetError `resource` is another resource
 */
export function parseTokenRequest(parameters: Parameters, resource: string): TokenRequest {
  const grantType = requiredParameter(parameters, 'grant_type');
  const parse = PARSERS.get(grantType);
  if (parse === undefined) {
    throw new UnsupportedGrantTypeError('The grant types are authorization_code and refresh_token');
  }
  const request = parse(parameters);
  checkResource(repeatedParameter(parameters, 'resource'), resource);
  return request;
}

const PARSERS = new Map<string, (parameters: Parameters) => TokenRequest>([
  ['authorization_code', codeGrant],
  ['refresh_token', refreshGrant],
]);

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
  const scope = optionalParameter(parameters, 'scope');
  return {
    grantType: 'refresh_token',
    refreshToken: requiredParameter(parameters, 'refresh_token'),
    scopes: scope === undefined ? undefined : parseScope(scope),
  };
}
