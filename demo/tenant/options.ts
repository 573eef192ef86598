/**
 * What a tenant is made of: applications, APIs, people and switches, as the Auth0 dashboard shows
 * them, each with a default, so that `startTenant()` alone gives something one can log in to.
 *
 * @module
 */
import type { JWK } from 'jose';

import type { TenantKeys } from './keys.js';
import type { Forge } from './token-draft.js';

/** How an application proves itself at the token endpoint (Dashboard: Application, Credentials). */
export type TenantAuthMethod =
  | 'client_secret_post'
  | 'client_secret_basic'
  | 'none'
  | 'private_key_jwt';

/** An application of the tenant. */
export interface Application {
  readonly clientId: string;
  /** Shown on the consent page. Default: the client id. */
  readonly name?: string;
  /**
   * "This application is owned by a third party", with Auth0's enhanced security controls: what every
   * client is that registered itself or was imported. Default false.
   */
  readonly thirdParty?: boolean;
  /** Required by the two `client_secret_…` methods. */
  readonly clientSecret?: string;
  /** Default: `client_secret_post` with a secret, `private_key_jwt` with keys, else `none`. */
  readonly tokenEndpointAuthMethod?: TenantAuthMethod;
  /** Public keys for `private_key_jwt`. */
  readonly jwks?: { readonly keys: readonly JWK[] };
  /** Allowed Callback URLs, compared character by character. */
  readonly callbackUrls?: readonly string[];
  /** Allowed Logout URLs. */
  readonly logoutUrls?: readonly string[];
  /** Grant type "Refresh Token" switched on. Default true. */
  readonly refreshTokenGrant?: boolean;
  /** Default true: the harder case for a client, so a spec that says nothing meets it. */
  readonly refreshTokenRotation?: boolean;
  /** Seconds in which the previous refresh token still works. Default 0, as on Auth0. */
  readonly rotationOverlapSeconds?: number;
  /** Absolute lifetime, which rotation does not prolong. Default 30 days, as on Auth0. */
  readonly refreshTokenLifetimeSeconds?: number;
  /** Where logout tokens are posted. Default: nowhere. */
  readonly backchannelLogoutUri?: string;
  /** Default RS256. HS256 signs with the client secret. */
  readonly idTokenAlg?: 'RS256' | 'HS256' | 'PS256';
}

/** An API of the tenant: what `audience` names. */
export interface Api {
  /** Any string; a trailing slash matters. */
  readonly identifier: string;
  readonly scopes?: readonly string[];
  /**
   * "Default Permissions for Third Party Apps": what they may ask for, perhaps nothing. Default:
   * third-party applications get no token for this API at all.
   */
  readonly thirdPartyScopes?: readonly string[];
  /** "Allow Offline Access". Default true. */
  readonly allowOfflineAccess?: boolean;
  /** "Enable RBAC" together with "Add Permissions in the Access Token". Default false. */
  readonly rbac?: boolean;
  /** Access-token profile. Default `auth0`. */
  readonly dialect?: 'auth0' | 'rfc9068';
  /** Default 86400. */
  readonly tokenLifetimeSeconds?: number;
  /** Default RS256. HS256 needs `signingSecret`. */
  readonly signingAlg?: 'RS256' | 'HS256' | 'PS256';
  readonly signingSecret?: string;
}

/** A person of the tenant's user database. */
export interface User {
  readonly sub: string;
  readonly email: string;
  readonly password: string;
  readonly name?: string;
  /** What the person may do, per API identifier. Counts where RBAC is on. */
  readonly permissions?: Readonly<Record<string, readonly string[]>>;
  readonly blocked?: boolean;
  /** Further claims of the ID token, as an Action would add them. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** How the tenant refuses a login. */
export interface Denial {
  /** Default `access_denied`. */
  readonly error?: string;
  /** The tenant's own words, as it sends them. */
  readonly description: string;
}

/** Everything that {@link Tenant.configure} can change while the tenant runs. */
export interface TenantSettings {
  readonly applications: readonly Application[];
  readonly apis: readonly Api[];
  readonly users: readonly User[];
  /** "Authorization Response Issuer" (RFC 9207). Default false. */
  readonly issInResponse: boolean;
  /** Resource Parameter Compatibility Profile: `resource` stands in for `audience`. Default false. */
  readonly resourceParameterProfile: boolean;
  /** "Dynamic Client Registration (DCR)". Default false; advertised all the same, as on Auth0. */
  readonly dynamicClientRegistration: boolean;
  /**
   * "Client ID Metadata Document Registration": advertised where it is on. An administrator imports the
   * documents, here as an application whose client id is the URL. Default false.
   */
  readonly clientIdMetadataDocuments: boolean;
  /** "Include Signing Algorithms in JWKS". Default true. */
  readonly algInJwks: boolean;
  /** "Default Audience" of the tenant. Default none. */
  readonly defaultAudience: string | undefined;
  /** How far the tenant's clock runs ahead of ours; negative means behind. Default 0. */
  readonly clockSkewSeconds: number;
  /**
   * Refresh tokens that a person may hold at one application; one more silently ends the oldest.
   * Default 200, Auth0's own.
   */
  readonly refreshTokenLimit: number;
  /** A policy that asks for a second factor at every refresh. Default false. */
  readonly mfaOnRefresh: boolean;
  /**
   * Sends every login back with this error and no code, as a post-login Action that calls
   * `api.access.deny()`, a rule, or a required organization does. Default: nobody is denied.
   */
  readonly denyLogins: Denial | undefined;
  /** A sentence on the login page, for whoever meets it there. Default none. */
  readonly loginNotice: string | undefined;
  /** Alters the answer of the token endpoint before it is signed. Default: nothing. */
  readonly forge: Forge | undefined;
}

/** What `startTenant` takes: any setting, a port, and short cuts for the default application. */
export interface TenantOptions extends Partial<TenantSettings> {
  /** Default 0: any free port. The tenant listens on the loopback interface only. */
  readonly port?: number;
  /** Callback URLs of the default application. */
  readonly callbackUrls?: readonly string[];
  /** Where the default application takes logout tokens. */
  readonly backchannelLogoutUri?: string;
  /** Keys made before: finding RSA primes is nearly all of a start. Default: new ones. */
  readonly keys?: TenantKeys;
}

/** The default application: a Regular Web Application with a secret. */
export const DEMO_CLIENT_ID = 'demo-app';
/** Its secret. Worth nothing outside this tenant. */
export const DEMO_CLIENT_SECRET = 'demo-secret-EcoVf3r0GvLxkqXuWm27yBHs9dTzJ4aN';
/** The default API. */
export const DEMO_AUDIENCE = 'https://api.example.test/mcp-demo';

/** Its permissions. */
export const DEMO_SCOPES: readonly string[] = ['read:notes', 'files:write'];

/** May do everything at the default API. */
export const ADA: User = {
  sub: 'auth0|6650f0c2a1b2c3d4e5f60001',
  email: 'ada@example.com',
  password: 'ada-demo-password',
  name: 'Ada Lovelace',
  permissions: { [DEMO_AUDIENCE]: DEMO_SCOPES },
};

/** May read notes, but not write files. */
export const BOB: User = {
  sub: 'auth0|6650f0c2a1b2c3d4e5f60002',
  email: 'bob@example.com',
  password: 'bob-demo-password',
  name: 'Bob Noyce',
  permissions: { [DEMO_AUDIENCE]: ['read:notes'] },
};

/** The settings a tenant starts with: those given, over the defaults. */
export function settingsFrom(options: TenantOptions): TenantSettings {
  const { port: _port, keys: _keys, callbackUrls = [], backchannelLogoutUri, ...given } = options;
  return {
    applications: [
      {
        clientId: DEMO_CLIENT_ID,
        clientSecret: DEMO_CLIENT_SECRET,
        callbackUrls,
        ...(backchannelLogoutUri === undefined ? {} : { backchannelLogoutUri }),
      },
    ],
    apis: [{ identifier: DEMO_AUDIENCE, scopes: DEMO_SCOPES }],
    users: [ADA, BOB],
    issInResponse: false,
    resourceParameterProfile: false,
    dynamicClientRegistration: false,
    clientIdMetadataDocuments: false,
    algInJwks: true,
    defaultAudience: undefined,
    clockSkewSeconds: 0,
    refreshTokenLimit: 200,
    mfaOnRefresh: false,
    denyLogins: undefined,
    loginNotice: undefined,
    forge: undefined,
    ...given,
  };
}
