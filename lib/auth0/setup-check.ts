/**
 * A look at the tenant's set-up before anybody logs in.
 *
 * Auth0 tells a wrong callback URL or client id to the person only, on a page of its own: the login
 * never comes back, so nothing here would ever hear of it. A request to `/authorize` that asks for
 * no interaction (`prompt=none`) makes Auth0 say it to us. Nobody is logged in by it: a set-up that
 * is right answers `login_required`. It shows in the tenant's log as a failed silent authentication.
 *
 * Spec: OpenID Connect Core 1.0 §3.1.2.1 (`prompt`) and §3.1.2.6.
 *
 * @module
 */
import type { Auth0Config } from '../config/config.js';
import { Auth0Error } from './auth0.js';
import {
  authorizationParameters,
  createLoginSecrets,
  upstreamScopes,
} from './authorization-request.js';
import type { CachedDocument } from './cached-document.js';
import type { Auth0Metadata } from './discovery.js';
import type { Auth0Http } from './http.js';
import { plainText } from './plain-text.js';
import { AUDIENCE_REMEDY } from './token-errors.js';

const WHAT = 'set-up check';

interface SetUpCheckDeps {
  readonly config: Pick<Auth0Config, 'clientId' | 'audience' | 'authorizeParams'>;
  readonly callbackUrl: string;
  readonly discovery: CachedDocument<Auth0Metadata>;
  readonly http: Auth0Http;
}

/** @throws (on use) Auth0Error `misconfigured` with the remedy, or `unavailable` */
export function createSetUpCheck(deps: SetUpCheckDeps): () => Promise<void> {
  return async function checkSetUp() {
    const { authorizationEndpoint } = await deps.discovery.get();
    const { status, location } = await deps.http({
      what: WHAT,
      url: silentRequest(authorizationEndpoint, deps),
      isRepeatable: true,
      expectsRedirect: true,
    });
    if (location?.startsWith(`${deps.callbackUrl}?`) === true) requireAudience(location);
    // Auth0's own error page; anything else is no verdict on the set-up.
    else if (status === 400 || status === 403) throw refusedCallback(status, deps);
  };
}

/** What a login asks, with a word more: nobody is to be shown anything. */
export function silentRequest(
  authorizationEndpoint: string,
  deps: Pick<SetUpCheckDeps, 'config' | 'callbackUrl'>,
): string {
  const secrets = createLoginSecrets();
  const url = new URL(authorizationEndpoint);
  url.search = new URLSearchParams({
    ...authorizationParameters(deps.config, {}, secrets),
    response_type: 'code',
    client_id: deps.config.clientId,
    redirect_uri: deps.callbackUrl,
    scope: `openid ${upstreamScopes({ scopes: [] })}`,
    state: secrets.state,
    prompt: 'none',
  }).toString();
  return url.href;
}

function requireAudience(location: string): void {
  const description = plainText(new URL(location).searchParams.get('error_description'));
  if (!description.startsWith('Service not found')) return;
  throw new Auth0Error('misconfigured', `${WHAT}: ${description}`, { remedy: AUDIENCE_REMEDY });
}

function refusedCallback(status: number, { config, callbackUrl }: SetUpCheckDeps): Auth0Error {
  return new Auth0Error('misconfigured', `${WHAT}: Auth0 answered ${status} with an error page`, {
    remedy: `Dashboard > Applications > your application > Settings: Allowed Callback URLs must contain ${callbackUrl} to the letter, and Client ID must be ${config.clientId}.`,
  });
}
