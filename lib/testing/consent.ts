/** Consent: required once for each scope of a third-party application, never for the tenant's own. */
import type { Provider } from 'oidc-provider';

import { parseScope } from '../oauth/scope.js';
import { html } from '../pages/html.js';
import { thirdPartyOf } from './applications.js';
import { NO_SCOPE, OFFLINE } from './audiences.js';
import type { Authentications } from './authentication.js';
import { page } from './html.js';
import { findInteraction, type Interaction } from './interaction.js';
import type { TenantSettings } from './options.js';
import type { Context, Middleware, ProviderModule } from './provider-module.js';
import { formOf } from './request-body.js';

/** The consents of all users. */
export interface Consents {
  /** Whether this request requires consent. */
  isMissing(ctx: Context, settings: TenantSettings): boolean;
  /** The user consented. */
  grant(login: Interaction): void;
}

/** Without any consent. */
export function createConsents(): Consents {
  const granted = new Set<string>();
  const keysOf = (sub: unknown, client: unknown, { resource, scope }: Record<string, unknown>) =>
    parseScope(String(scope ?? '')).map((one) => JSON.stringify([sub, client, resource, one]));
  return {
    isMissing({ oidc }, settings) {
      const clientId = oidc.client?.clientId;
      if (thirdPartyOf(clientId, settings) === undefined) return false;
      const keys = keysOf(oidc.session?.accountId, clientId, { ...oidc.params });
      return keys.some((key) => !granted.has(key));
    },
    grant({ session, params }) {
      for (const key of keysOf(session?.accountId, params.client_id, params)) granted.add(key);
    },
  };
}

/** The provider's interaction policy for the login, and ours for a second factor and the consent. */
export function loginAndConsent(
  { interactionPolicy }: ProviderModule,
  settings: () => TenantSettings,
  consents: Consents,
  authentications: Authentications,
): ReturnType<ProviderModule['interactionPolicy']['base']> {
  const policy = interactionPolicy.base();
  policy
    .get('login')
    ?.checks.add(
      new interactionPolicy.Check('factor', 'Second factor required', 'login_required', (ctx) =>
        authentications.isFactorMissing(ctx, settings()),
      ),
    );
  const consent = policy.get('consent');
  consent?.checks.clear();
  consent?.checks.add(
    new interactionPolicy.Check('third_party', 'Consent required', 'consent_required', (ctx) =>
      consents.isMissing(ctx, settings()),
    ),
  );
  return policy;
}

/** Serves `/u/consent`. */
export function consentPage(
  provider: Provider,
  settings: () => TenantSettings,
  consents: Consents,
): Middleware {
  return async function askForConsent(ctx, next) {
    if (ctx.path !== '/u/consent') return await next();
    const login = await findInteraction(provider, ctx);
    if (login === undefined) return;
    if (ctx.method !== 'POST') {
      ctx.body = consentForm(String(ctx.query.state), login.params, settings());
    } else {
      await decide(login, formOf(ctx).decision === 'allow', consents);
      ctx.redirect(login.returnTo);
    }
  };
}

async function decide(login: Interaction, isAllowed: boolean, consents: Consents): Promise<void> {
  if (isAllowed) consents.grant(login);
  login.result = isAllowed
    ? { consent: {} }
    : { error: 'access_denied', error_description: 'User did not authorize the request' };
  await login.persist();
}

function consentForm(
  state: string,
  params: Record<string, unknown>,
  settings: TenantSettings,
): string {
  const application = thirdPartyOf(params.client_id, settings);
  const scopes = parseScope(String(params.scope ?? '')).filter(
    (scope) => scope !== OFFLINE && scope !== NO_SCOPE,
  );
  return page(
    'Authorize App',
    html`<p>${application?.name ?? String(params.client_id)} is requesting access to your account.</p>
<ul>${scopes.map((scope) => html`<li>${scope}</li>`)}</ul>
<form method="post" action="/u/consent?state=${encodeURIComponent(state)}">
<button type="submit" name="decision" value="allow">Accept</button>
<button type="submit" name="decision" value="deny">Decline</button>
</form>`,
  );
}
