/** Settings of a tenant, named as in the Auth0 dashboard, each with a default. */
import type { JsonWebKey } from 'node:crypto';

import type { TenantKeys } from './keys.js';
import type { Forge } from './token-draft.js';

/** Client authentication at the token endpoint (Dashboard: Application, Credentials). */
export type TenantAuthMethod =
  | 'client_secret_post'
  | 'client_secret_basic'
  | 'none'
  | 'private_key_jwt';

/** An API, and scopes there. */
export interface ApiPermission {
  /** Identifier of the API. */
  readonly audience: string;
  /** Scopes of this API. */
  readonly scope: readonly string[];
}

/** An application of the tenant. */
export interface Application {
  /** Identifies the application. */
  readonly clientId: string;
  /** Shown on the consent page. Default: the client id. */
  readonly name?: string;
  /**
   * "This application is owned by a third party", with Auth0's enhanced security controls: every client
   * that registered itself or was imported. Default false.
   */
  readonly thirdParty?: boolean;
  /** Required by the two `client_secret_…` methods. */
  readonly clientSecret?: string;
  /** Default: `client_secret_post` with a secret, `private_key_jwt` with keys, else `none`. */
  readonly tokenEndpointAuthMethod?: TenantAuthMethod;
  /** Public keys for `private_key_jwt`. */
  readonly jwks?: { readonly keys: readonly JsonWebKey[] };
  /** Allowed Callback URLs, compared exactly. */
  readonly callbackUrls?: readonly string[];
  /** Allowed Logout URLs. */
  readonly logoutUrls?: readonly string[];
  /** Grant type "Refresh Token" switched on. Default true. */
  readonly refreshTokenGrant?: boolean;
  /** Default true, the harder case for a client. */
  readonly refreshTokenRotation?: boolean;
  /** Seconds in which the previous refresh token is still valid. Default 0, as on Auth0. */
  readonly rotationOverlapSeconds?: number;
  /** Absolute lifetime, not prolonged by rotation. Default 30 days, as on Auth0. */
  readonly refreshTokenLifetimeSeconds?: number;
  /**
   * Grant type "Client Credentials" switched on, and the APIs that authorize the application without a user ("Machine to
   * Machine Applications"): identifier → permissions. Default: no grant, as for users.
   */
  readonly clientGrants?: Readonly<Record<string, readonly string[]>>;
  /**
   * "Multi-Resource Refresh Token": the other APIs for which its refresh tokens get access tokens, and further scopes of
   * the API of the login. As on Auth0, not for a third-party application. Default none.
   */
  readonly refreshTokenPolicies?: readonly ApiPermission[];
  /** "On-Behalf-Of Token Exchange" of a Custom API client. Default: it may not exchange tokens. */
  readonly onBehalfOf?: {
    /** Identifier of its API: it exchanges tokens for this one. */
    readonly resourceServer: string;
    /** "User Access" to other APIs: the client grants of the subject type `user`. */
    readonly userGrants: readonly ApiPermission[];
  };
  /** Grant type "Token Vault" switched on. Default: true for a tenant with `connections`. */
  readonly tokenVault?: boolean;
  /** Default: no logout tokens. */
  readonly backchannelLogoutUri?: string;
  /** As the setting `loopbackCallbacks`, for this application. */
  readonly loopbackCallbacks?: boolean;
  /** Default RS256. HS256 signs with the client secret. */
  readonly idTokenAlg?: 'RS256' | 'HS256' | 'PS256';
}

/** An API of the tenant. */
export interface Api {
  /** The `audience`: any string, compared exactly. */
  readonly identifier: string;
  /** "Permissions". Default none. */
  readonly scopes?: readonly string[];
  /**
   * "Default Permissions for Third Party Apps": the scopes that they may request. Default: third-party
   * applications get no token for this API.
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
  /** "Signing Secret" of an API with HS256. */
  readonly signingSecret?: string;
}

/** A connection with "Connected Accounts for Token Vault" switched on. */
export interface Connection {
  /** Such as `google-oauth2`. */
  readonly name: string;
  /** Scopes at the provider, for accounts that are connected without others. Default none. */
  readonly scopes?: readonly string[];
  /** Lifetime of the provider's access tokens. Default 3600. */
  readonly tokenLifetimeSeconds?: number;
  /** The provider refuses to renew tokens, as after the user revoked them there. Default false. */
  readonly refusesRenewal?: boolean;
}

/** A user of the tenant's database. */
export interface User {
  readonly sub: string;
  readonly email: string;
  readonly password: string;
  readonly name?: string;
  /** Permissions by API identifier, for APIs with RBAC. */
  readonly permissions?: Readonly<Record<string, readonly string[]>>;
  readonly blocked?: boolean;
  /** Connections of which the user has connected an account before. Default none. */
  readonly connectedAccounts?: readonly string[];
  /** Further claims of the ID token, as from an Action. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** The error of a denied login. */
export interface Denial {
  /** Default `access_denied`. */
  readonly error?: string;
  /** The `error_description`. */
  readonly description: string;
}

/** Settings of a tenant, named as in the Auth0 dashboard. They can be changed while it runs. */
export interface TestTenantSettings {
  /** Default: one API with two scopes. */
  readonly apis: readonly Api[];
  /**
   * Connections of which users can connect accounts (Token Vault). With one, the tenant has the My Account API, and its
   * applications the grant type, a policy for that API, and no refresh token rotation, unless they say otherwise. Default
   * none.
   */
  readonly connections: readonly Connection[];
  /** "Authorization Response Issuer" (RFC 9207). Default false. */
  readonly issInResponse: boolean;
  /** Resource Parameter Compatibility Profile: `resource` replaces `audience`. Default false. */
  readonly resourceParameterProfile: boolean;
  /** "Dynamic Client Registration (DCR)". Default false; advertised nevertheless, as on Auth0. */
  readonly dynamicClientRegistration: boolean;
  /**
   * "Client ID Metadata Document Registration": advertised if on. An administrator imports the
   * documents, here as an application with the URL as client id. Default false.
   */
  readonly clientIdMetadataDocuments: boolean;
  /** "Include Signing Algorithms in JWKS". Default true. */
  readonly algInJwks: boolean;
  /** "Default Audience" of the tenant. Default none. */
  readonly defaultAudience: string | undefined;
  /** How far the tenant's clock is ahead of ours; negative means behind. Default 0. */
  readonly clockSkewSeconds: number;
  /**
   * Refresh tokens of a user at one application; one more silently revokes the oldest. Default 200, as
   * on Auth0.
   */
  readonly refreshTokenLimit: number;
  /**
   * An Action that requires a second factor where a login's `acr_values` name it: always, once per session, so that the
   * ID token of a later login does not confirm it, or never. Default `always`.
   */
  readonly multiFactor: 'always' | 'once per session' | 'never';
  /** A policy that requires a second factor at every refresh, or at those for these APIs. Default false. */
  readonly mfaOnRefresh: boolean | readonly string[];
  /** Names the API as `resource` in responses for another API than that of the login. Default false. */
  readonly resourceInResponse: boolean;
  /**
   * Responds to every login with this error, as a post-login Action with `api.access.deny()`, a rule, or
   * a required organization does. Default: no denial.
   */
  readonly denyLogins: Denial | undefined;
  /** Text on the login page. Default none. */
  readonly loginNotice: string | undefined;
}

/** All settings that `configure()` can change while the tenant runs. */
export interface TenantSettings extends TestTenantSettings {
  readonly applications: readonly Application[];
  readonly users: readonly User[];
  /**
   * Every redirect URI on this machine becomes a callback URL of its application at first use, since tests
   * choose their port late. One that ends with `/auth/callback`, as those of `auth0Mcp()` do, gives the application its
   * back-channel logout URI, too. Default false: Auth0 has no such setting.
   */
  readonly loopbackCallbacks: boolean;
  /** Changes the token response before it is signed. Default: none. */
  readonly forge: Forge | undefined;
}

/** Options of `startTenant()`: any setting, a port, and settings of the default application. */
export interface TenantOptions extends Partial<TenantSettings> {
  /** Default 0: any free port. The tenant listens on the loopback interface only. */
  readonly port?: number;
  /** Callback URLs of the default application. */
  readonly callbackUrls?: readonly string[];
  /** Back-channel logout URI of the default application. */
  readonly backchannelLogoutUri?: string;
  /**
   * Stores keys, sessions, refresh tokens and registered applications in this directory, for the next start; choose a
   * `port` as well, since it is part of the issuer. Default: nothing is stored.
   */
  readonly directory?: string;
  /** Applications besides the default one. */
  readonly furtherApplications?: readonly Application[];
  /** Existing keys: generating RSA keys takes most of the start. Default: new ones. */
  readonly keys?: TenantKeys;
}

/** The default application: a Regular Web Application with a secret. */
export const DEMO_CLIENT_ID = 'demo-app';
/** Its secret, valid at this tenant only. */
export const DEMO_CLIENT_SECRET = 'demo-secret-EcoVf3r0GvLxkqXuWm27yBHs9dTzJ4aN';
/** The default API. */
export const DEMO_AUDIENCE = 'https://api.example.test/mcp-demo';

/** Its permissions. */
export const DEMO_SCOPES: readonly string[] = ['read:notes', 'files:write', 'files:delete'];

/** The APIs of a tenant without further settings. */
export const DEFAULT_APIS: readonly Api[] = [{ identifier: DEMO_AUDIENCE, scopes: DEMO_SCOPES }];

/** A user with every permission of the default API. */
export const ADA: User = {
  sub: 'auth0|6650f0c2a1b2c3d4e5f60001',
  email: 'ada@example.com',
  password: 'ada-demo-password',
  name: 'Ada Lovelace',
  permissions: { [DEMO_AUDIENCE]: DEMO_SCOPES },
};

/** A user who may read notes, but not write files. */
export const BOB: User = {
  sub: 'auth0|6650f0c2a1b2c3d4e5f60002',
  email: 'bob@example.com',
  password: 'bob-demo-password',
  name: 'Bob Noyce',
  permissions: { [DEMO_AUDIENCE]: ['read:notes'] },
};

/** The initial settings: those given, over the defaults. */
export function settingsFrom(options: TenantOptions): TenantSettings {
  const { port, keys, directory, callbackUrls = [], backchannelLogoutUri, ...rest } = options;
  const { furtherApplications = [], ...given } = rest;
  return {
    applications: [
      {
        clientId: DEMO_CLIENT_ID,
        clientSecret: DEMO_CLIENT_SECRET,
        callbackUrls,
        ...(backchannelLogoutUri === undefined ? {} : { backchannelLogoutUri }),
      },
      ...furtherApplications.map((application) => ({
        loopbackCallbacks: application.callbackUrls === undefined,
        ...application,
      })),
    ],
    apis: DEFAULT_APIS,
    users: [ADA, BOB],
    connections: [],
    loopbackCallbacks: false,
    issInResponse: false,
    resourceParameterProfile: false,
    dynamicClientRegistration: false,
    clientIdMetadataDocuments: false,
    algInJwks: true,
    defaultAudience: undefined,
    clockSkewSeconds: 0,
    refreshTokenLimit: 200,
    multiFactor: 'always',
    mfaOnRefresh: false,
    resourceInResponse: false,
    denyLogins: undefined,
    loginNotice: undefined,
    forge: undefined,
    ...given,
  };
}
