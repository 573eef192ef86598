/** Token Vault: the token of a connected account in exchange for a refresh token. `oidc-provider` authenticates the client. */
import { randomBytes } from 'node:crypto';

import type { Provider } from 'oidc-provider';

import { applicationOf, TOKEN_VAULT } from './applications.js';
import { type ConnectedAccounts, connectionNamed } from './connected-accounts.js';
import type { TenantSettings } from './options.js';
import type { Context } from './provider-module.js';
import { REFRESH_TOKEN_PREFIX } from './token-response.js';

const REFRESH_TOKEN_TYPE = 'urn:ietf:params:oauth:token-type:refresh_token';
const ISSUED_TYPE = 'http://auth0.com/oauth/token-type/federated-connection-access-token';

/** As of Google. */
const TOKEN_SECONDS = 3600;

const PARAMETERS = [
  'subject_token',
  'subject_token_type',
  'requested_token_type',
  'connection',
  'login_hint',
];

/** Adds the grant type to the provider. */
export function allowTokenVault(
  provider: Provider,
  settings: () => TenantSettings,
  accounts: ConnectedAccounts,
): void {
  const handle = async (ctx: Context): Promise<void> => {
    // Not to be translated: it is Auth0's already.
    ctx.state.exchanged = true;
    const [status, body] = await exchange(ctx, settings(), accounts);
    ctx.status = status;
    ctx.body = body;
  };
  const handler = handle as unknown as Parameters<Provider['registerGrantType']>[1];
  provider.registerGrantType(TOKEN_VAULT, handler, PARAMETERS);
}

type VaultResponse = readonly [status: number, body: Readonly<Record<string, unknown>>];

async function exchange(
  ctx: Context,
  settings: TenantSettings,
  accounts: ConnectedAccounts,
): Promise<VaultResponse> {
  const params = (ctx.oidc.params ?? {}) as Readonly<Record<string, string | undefined>>;
  const types = [params['subject_token_type'], params['requested_token_type']];
  if (types[0] !== REFRESH_TOKEN_TYPE || types[1] !== ISSUED_TYPE) {
    return refusal(
      400,
      'invalid_request',
      'Unsupported subject_token_type or requested_token_type',
    );
  }
  if (settings.mfaOnRefresh === true) {
    return refusal(403, 'mfa_required', 'Multifactor authentication required');
  }
  // Auth0 documents that the tokens must not rotate; status and text are ours.
  if (applicationOf(ctx, settings)?.refreshTokenRotation !== false) {
    const text = 'Refresh token rotation must be off for this grant type.';
    return refusal(403, 'unauthorized_client', text);
  }
  const sub = await subjectOf(ctx, params['subject_token'] ?? '');
  const user = settings.users.find((one) => one.sub === sub);
  if (user === undefined || user.blocked === true) {
    return refusal(401, 'invalid_grant', 'Unknown or invalid refresh token.');
  }
  const connection = connectionNamed(params['connection'], settings);
  const account = accounts
    .of(user.sub)
    .find(({ connection: name }) => name === params['connection']);
  if (connection === undefined || account === undefined) {
    const code = 'federated_connection_refresh_token_not_found';
    return refusal(401, code, 'Federated connection Refresh Token not found.');
  }
  if (connection.refusesRenewal === true) {
    const code = 'federated_connection_refresh_token_flow_failed';
    return refusal(401, code, 'Refresh Token flow for the Federated Connection failed');
  }
  return [
    200,
    {
      access_token: `${connection.name}.${account.id}.${randomBytes(12).toString('base64url')}`,
      scope: account.scopes.join(' '),
      expires_in: connection.tokenLifetimeSeconds ?? TOKEN_SECONDS,
      token_type: 'Bearer',
      issued_token_type: ISSUED_TYPE,
    },
  ];
}

async function subjectOf(ctx: Context, token: string): Promise<string | undefined> {
  if (!token.startsWith(REFRESH_TOKEN_PREFIX)) return undefined;
  const id = token.slice(REFRESH_TOKEN_PREFIX.length);
  const found = await ctx.oidc.provider.RefreshToken.find(id);
  return found?.isValid && found.clientId === ctx.oidc.client?.clientId
    ? found.accountId
    : undefined;
}

function refusal(status: number, error: string, error_description: string): VaultResponse {
  return [status, { error, error_description }];
}
