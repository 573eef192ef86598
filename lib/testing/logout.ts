/**
 * Logout in the browser (`/oidc/logout`, `/v2/logout`; RP-Initiated Logout 1.0) and logout tokens
 * (Back-Channel Logout 1.0 §2.4).
 */
import { randomUUID } from 'node:crypto';
import type { Provider } from 'oidc-provider';

import type { TenantKeys } from './keys.js';
import type { Application, TenantSettings } from './options.js';
import type { Middleware } from './provider-module.js';
import { type JwtDraft, type Signer, signed } from './token-draft.js';

/** The subject of a logout token: user, session, or both. */
interface LogoutSubject {
  readonly sub?: string;
  readonly sid?: string;
  /** Default: the first application that has a back-channel logout URL. */
  readonly clientId?: string;
}

/** Changes to a logout token. */
export interface LogoutOverrides {
  /** Merged over the correct claims; `undefined` removes one. */
  readonly claims?: Record<string, unknown>;
  readonly header?: Record<string, unknown>;
  readonly signer?: Signer;
  /** Sent instead of a token. */
  readonly raw?: string;
}

/** Posts a logout token and returns the status of the application's response. */
export type SendLogoutToken = (
  about: LogoutSubject,
  overrides?: LogoutOverrides,
) => Promise<number>;

/** As at Auth0. */
const LOGOUT_TOKEN_SECONDS = 120;
const RESPONSE_TIMEOUT_MS = 5000;

/** @param issuer `iss` of the logout tokens */
export function createSendLogoutToken(
  issuer: string,
  settings: () => TenantSettings,
  keys: TenantKeys,
): SendLogoutToken {
  return async (about, overrides = {}) => {
    const application = settings().applications.find(
      ({ clientId, backchannelLogoutUri }) =>
        backchannelLogoutUri !== undefined &&
        (about.clientId === undefined || about.clientId === clientId),
    );
    if (application?.backchannelLogoutUri === undefined) {
      throw new Error('no application of this tenant has a backchannelLogoutUri');
    }
    const draft = logoutToken(issuer, application, about, settings().clockSkewSeconds, overrides);
    const response = await fetch(application.backchannelLogoutUri, {
      method: 'POST',
      body: new URLSearchParams({
        logout_token: overrides.raw ?? String(await signed(draft, keys)),
      }),
      redirect: 'manual',
      signal: AbortSignal.timeout(RESPONSE_TIMEOUT_MS),
    });
    await response.arrayBuffer();
    return response.status;
  };
}

function logoutToken(
  iss: string,
  { clientId }: Application,
  { sub, sid }: LogoutSubject,
  skewSeconds: number,
  { claims, header, signer = 'current' }: LogoutOverrides,
): JwtDraft {
  const iat = Math.floor(Date.now() / 1000) + skewSeconds;
  return {
    header: { alg: 'RS256', typ: 'JWT', ...header },
    claims: {
      iss,
      ...(sub === undefined ? {} : { sub }),
      ...(sid === undefined ? {} : { sid }),
      aud: clientId,
      iat,
      exp: iat + LOGOUT_TOKEN_SECONDS,
      jti: randomUUID(),
      events: { 'http://schemas.openid.net/event/backchannel-logout': {} },
      trace_id: randomUUID(),
      ...claims,
    },
    signer,
  };
}

/** Serves both logout endpoints. They end the browser's session; refresh tokens stay valid. */
export function logoutEndpoints(
  provider: Provider,
  settings: () => TenantSettings,
  send: SendLogoutToken,
): Middleware {
  return async function logOut(ctx, next) {
    if (ctx.path !== '/oidc/logout' && ctx.path !== '/v2/logout') return await next();
    const session = await provider.Session.get(ctx);
    const { accountId, uid } = session;
    if (accountId !== undefined) {
      await session.destroy();
      await notifyAll(settings(), send, { sub: accountId, sid: uid });
    }
    const wanted = ctx.query.post_logout_redirect_uri ?? ctx.query.returnTo;
    const allowed = settings().applications.flatMap(({ logoutUrls = [] }) => logoutUrls);
    if (typeof wanted === 'string' && allowed.includes(wanted)) ctx.redirect(wanted);
    else ctx.body = 'OK';
  };
}

/** Notifies every application with a back-channel logout URI. As at Auth0, there is no retry. */
export async function notifyAll(
  settings: TenantSettings,
  send: SendLogoutToken,
  about: { sub: string; sid: string },
): Promise<void> {
  const notified = settings.applications.filter((app) => app.backchannelLogoutUri !== undefined);
  await Promise.allSettled(notified.map(({ clientId }) => send({ ...about, clientId })));
}
