/**
 * What a genuine token of the tenant has to say to be taken as a bearer token for us.
 *
 * Spec: RFC 9068 §2.2 and §4; RFC 8725 §3.12 (no other kind of token passes); RFC 7800 §3.1 (`cnf`).
 *
 * @module
 */
import type { TenantConfig } from '../config/config.js';
import { clientsNamedIn, UNVERIFIABLE } from './access-token.js';
import { ACCESS_TOKEN, type AccessTokenForm } from './access-token-header.js';
import { plainText } from './plain-text.js';
import { refused, type VerifiedClaims } from './signed-token.js';

/** Why the tenant's settings may be the cause, and which ones. */
export interface WrongTokenHint {
  readonly message: string;
  readonly remedy: string;
}

/**
 * What the form of a token lets suspect. The words are the same whatever a stranger sends.
 *
 * @returns undefined where it lets suspect nothing
 */
export function wrongTokenHintFor(
  form: AccessTokenForm,
  audience: string,
): WrongTokenHint | undefined {
  switch (form) {
    case 'opaque':
      return {
        message: 'it is opaque, so Auth0 did not take what the client asked for as one of its APIs',
        remedy: audienceRemedy(audience),
      };
    case 'encrypted':
    case 'shared-secret': {
      const [message, remedy] = UNVERIFIABLE[form];
      return { message: `it is ${message}`, remedy };
    }
    default:
      return undefined;
  }
}

/** Claims of ID tokens and logout tokens, which an access token never has. */
const FOREIGN_CLAIMS = ['nonce', 'at_hash', 'c_hash', 'events'] as const;

/**
 * ID tokens and logout tokens are signed by the same keys, and Auth0 gives them the same `typ`. A token
 * that is bound to a key is worth nothing without the proof, which a bearer does not bring.
 *
 * @throws Auth0Error `invalid_response`
 */
export function refuseOtherKinds(claims: VerifiedClaims): void {
  const foreign = FOREIGN_CLAIMS.find((name) => claims[name] !== undefined);
  if (foreign !== undefined) {
    throw refused(ACCESS_TOKEN, `it has ${foreign}, so it is an ID token or a logout token`);
  }
  if (claims['cnf'] !== undefined) {
    throw refused(ACCESS_TOKEN, 'it is bound to a key of the client (cnf), and no bearer token');
  }
}

/** @throws Auth0Error `invalid_response` no client is named, or two */
export function clientOf(claims: VerifiedClaims): string {
  const named = clientsNamedIn(claims);
  const [clientId] = named;
  if (typeof clientId !== 'string' || clientId === '') {
    throw refused(ACCESS_TOKEN, 'it names no client, as an ID token does not');
  }
  if (named.some((value) => value !== clientId)) {
    throw refused(ACCESS_TOKEN, 'azp and client_id differ');
  }
  return clientId;
}

/**
 * Ours, and at most Auth0's own userinfo endpoint beside it: a token that opens another API as well
 * could be used there by us, and here by that one.
 *
 * @returns why the tenant may be set up wrongly; undefined for the right audience
 * @throws Auth0Error `invalid_response`
 */
export function requireAudience(
  claims: VerifiedClaims,
  { audience, expectedIssuer }: Pick<TenantConfig, 'audience' | 'expectedIssuer'>,
): WrongTokenHint | undefined {
  const named: readonly unknown[] = [claims.aud].flat();
  if (!named.includes(audience)) {
    const shown = named
      .map((name) => (typeof name === 'string' ? `"${plainText(name)}"` : 'nothing'))
      .join(', ');
    return {
      message: `it is for ${shown}, not for "${audience}"`,
      remedy: audienceRemedy(audience),
    };
  }
  if (named.some((name) => name !== audience && name !== `${expectedIssuer}userinfo`)) {
    throw refused(ACCESS_TOKEN, 'it is for another API besides this one');
  }
  return undefined;
}

function audienceRemedy(audience: string): string {
  return `Dashboard > Applications > APIs: the Identifier of your API must be ${audience} to the letter; it cannot be changed later. Dashboard > Settings > Advanced: switch on Resource Parameter Compatibility Profile, so that Auth0 reads the resource parameter of MCP clients.`;
}
