/**
 * Our application at the tenant, as far as it shows without a login.
 *
 * `/authorize` with `prompt=none` and no session answers at once: by a redirect to the callback where
 * the callback is registered, by a page of Auth0's own where it is not. The token endpoint, given a
 * code that nobody issued, tells a wrong client from a wrong code.
 *
 * @module
 */
import { Auth0Error } from '../../auth0/auth0.js';
import { createLoginSecrets } from '../../auth0/authorization-request.js';
import { createClientAuthentication } from '../../auth0/client-authentication.js';
import type { Auth0Metadata } from '../../auth0/discovery.js';
import { createAuth0Http } from '../../auth0/http.js';
import { silentRequest } from '../../auth0/setup-check.js';
import { createTokenEndpoint } from '../../auth0/token-endpoint.js';
import { AUDIENCE_REMEDY } from '../../auth0/token-errors.js';
import type { Config } from '../../config/config.js';
import { type Finding, type Findings, failed, passed, skipped } from '../finding.js';
import { NoResponseError, type ProbeResponse, probe } from '../probe.js';

/** Needs the tenant to be there. */
export async function* checkApplication(
  config: Config,
  metadata: Auth0Metadata,
  now: () => number,
): Findings {
  yield* checkAuthorization(config, metadata);
  yield await clientFinding(config, metadata, now);
}

async function* checkAuthorization(config: Config, metadata: Auth0Metadata): Findings {
  const { auth0, callbackUrl } = config;
  const url = silentRequest(metadata.authorizationEndpoint, { config: auth0, callbackUrl });
  try {
    const answer = await probe({ url });
    yield* judge(answer, config);
  } catch (error) {
    if (!(error instanceof NoResponseError)) throw error;
    yield failed('callback', error.message, error.remedy);
    yield* skipped(['audience'], 'the tenant did not answer');
  }
}

function* judge(answer: ProbeResponse, config: Config): Generator<Finding> {
  const location = answer.headers.get('location') ?? '';
  if (!location.startsWith(`${config.callbackUrl}?`)) {
    yield refusalOnPage(answer, location, config);
    yield* skipped(['audience'], 'Auth0 looks at it only where the callback URL is right');
    return;
  }
  yield passed('callback', `${config.callbackUrl} is registered`);
  yield audienceFinding(new URL(location).searchParams, config);
}

/** Auth0's own page, or a redirect to it: what it says is in the body or in the address. */
function refusalOnPage(answer: ProbeResponse, location: string, config: Config): Finding {
  const said = `${answer.text} ${decodeURIComponent(location.replace(/\+/g, ' '))}`;
  if (/callback url mismatch/i.test(said)) {
    return failed(
      'callback',
      `Auth0 does not know ${config.callbackUrl} (Callback URL mismatch)`,
      `Dashboard > Applications > your application > Settings > Allowed Callback URLs: add ${config.callbackUrl}, to the letter. It is baseUrl and redirectPath.`,
    );
  }
  if (/unknown client/i.test(said)) {
    return failed(
      'callback',
      `the tenant has no application with the client id ${config.auth0.clientId}`,
      'Dashboard > Applications > your application > Settings > Client ID. Does configUrl name the tenant it belongs to?',
    );
  }
  return failed(
    'callback',
    `Auth0 answered ${answer.status} with a page of its own instead of a redirect to ${config.callbackUrl}`,
    'Dashboard > Monitoring > Logs, at this moment, says why.',
  );
}

/** Errors of a login that may go on once somebody is there to log in. */
const EXPECTED = ['login_required', 'consent_required', 'interaction_required'];

function audienceFinding(callback: URLSearchParams, config: Config): Finding {
  const error = callback.get('error') ?? '';
  const description = callback.get('error_description') ?? '';
  const { audience } = config.auth0;
  if (EXPECTED.includes(error)) {
    return passed('audience', `Auth0 takes a login for ${audience}; --login proves its token`);
  }
  if (description.startsWith('Service not found')) {
    return failed(
      'audience',
      `the tenant has no API with the identifier ${audience}`,
      AUDIENCE_REMEDY,
    );
  }
  return failed(
    'audience',
    `Auth0 refused: ${error}: ${description.slice(0, 200)}`,
    'Compare Dashboard > Applications > your application > Settings (Grant Types, Organizations, Connections) with authorizeParams, and APIs > your API > Application Access.',
  );
}

async function clientFinding(
  { auth0, callbackUrl }: Config,
  metadata: Auth0Metadata,
  now: () => number,
): Promise<Finding> {
  const check = 'client-authentication';
  const { method } = auth0.authentication;
  const tokens = createTokenEndpoint({
    config: auth0,
    callbackUrl,
    discovery: { atOnce: () => metadata, get: async () => metadata, renew: async () => metadata },
    authenticate: createClientAuthentication({ config: auth0, now }),
    http: createAuth0Http({ timeoutMs: auth0.timeoutMs, now }),
  });
  try {
    await tokens.exchangeCode('a-code-nobody-issued', createLoginSecrets().codeVerifier);
    return failed(check, 'Auth0 accepted a code that nobody issued', 'Is configUrl a tenant?');
  } catch (error) {
    if (!(error instanceof Auth0Error)) throw error;
    // It got as far as the code: so it knows us.
    if (/\binvalid_grant\b/.test(error.message)) return passed(check, `accepted (${method})`);
    return failed(check, `${error.message} (method ${method})`, error.remedy);
  }
}
