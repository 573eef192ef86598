/**
 * The tenant: is it there, is it the one that is meant, can its signatures be checked?
 *
 * @module
 */
import { Auth0Error } from '../../auth0/auth0.js';
import { type Auth0Metadata, createDiscovery } from '../../auth0/discovery.js';
import { CLOCK_TOLERANCE_SECONDS, SIGNING_ALGORITHMS } from '../../auth0/signed-token.js';
import type { Auth0Config } from '../../config/config.js';
import { type Finding, type Findings, failed, passed, skipped, warning } from '../finding.js';
import { NoResponseError, type ProbeResponse, probe } from '../probe.js';

const URL_REMEDY =
  'configUrl has to be https://TENANT.REGION.auth0.com/.well-known/openid-configuration, or the same path on your custom domain. Dashboard > Applications > your application > Settings > Domain.';

/** Half of what is tolerated: time to act before logins fail. */
const WARN_SKEW_SECONDS = CLOCK_TOLERANCE_SECONDS / 2;

/** @returns undefined where the tenant cannot be used */
export async function* checkTenant(
  config: Auth0Config,
  now: () => number,
): Findings<Auth0Metadata | undefined> {
  const { discoveryUrl } = config;
  const answer = await answerOrFinding(discoveryUrl.href);
  if ('outcome' in answer) {
    yield answer;
    yield* skipped(['issuer', 'clock', 'signing-algorithms'], 'the tenant did not answer');
    return undefined;
  }
  yield passed('discovery', `${discoveryUrl.host} answers`);
  const metadata = await readMetadata(config, answer, now);
  yield 'outcome' in metadata ? metadata : passed('issuer', metadata.issuer);
  yield clockFinding(answer, now());
  if ('outcome' in metadata) {
    yield* skipped(['signing-algorithms'], 'the tenant is not the one configured');
    return undefined;
  }
  yield await algorithmsFinding(metadata);
  return metadata;
}

async function answerOrFinding(url: string): Promise<ProbeResponse | Finding> {
  try {
    const answer = await probe({ url });
    if (answer.status === 200 && answer.json !== undefined) return answer;
    const what = answer.status === 200 ? 'no JSON document' : `status ${answer.status}`;
    return failed('discovery', `${url} answers with ${what}`, URL_REMEDY);
  } catch (error) {
    if (!(error instanceof NoResponseError)) throw error;
    return failed('discovery', error.message, `${error.remedy} ${URL_REMEDY}`);
  }
}

/** The library's own reading of the document, so that the two can never disagree. */
async function readMetadata(
  config: Auth0Config,
  { status, json: body }: ProbeResponse,
  now: () => number,
): Promise<Auth0Metadata | Finding> {
  try {
    return await createDiscovery({ config, http: async () => ({ status, body }), now }).get();
  } catch (error) {
    if (!(error instanceof Auth0Error)) throw error;
    return failed('issuer', error.message, error.remedy);
  }
}

/** RFC 9110 §6.6.1: the `Date` of an answer is the clock of who sent it, to the second. */
function clockFinding({ headers }: ProbeResponse, now: number): Finding {
  const theirs = Math.round(Date.parse(headers.get('date') ?? '') / 1000);
  if (Number.isNaN(theirs))
    return skipped(['clock'], 'Auth0 did not say what time it is')[0] as Finding;
  const skew = now - theirs;
  const says = `the clock of this machine is ${Math.abs(skew)} seconds ${skew > 0 ? 'ahead of' : 'behind'} Auth0's`;
  const remedy = 'Let NTP set it: timedatectl set-ntp true, or the time settings of the host.';
  if (Math.abs(skew) > CLOCK_TOLERANCE_SECONDS) {
    return failed('clock', `${says}: its tokens look expired or not yet valid`, remedy);
  }
  if (Math.abs(skew) > WARN_SKEW_SECONDS) return warning('clock', says, remedy);
  return passed('clock', "agrees with Auth0's");
}

const ALGORITHM_REMEDY =
  'Dashboard > Applications > your application > Settings > Advanced Settings > OAuth > JSON Web Token Signature Algorithm: RS256. The tenant signs with RSA keys: Settings > Signing Keys.';

async function algorithmsFinding({ jwksUri, idTokenAlgorithms }: Auth0Metadata): Promise<Finding> {
  const check = 'signing-algorithms';
  const wanted = SIGNING_ALGORITHMS.join(' or ');
  if (idTokenAlgorithms?.some((name) => SIGNING_ALGORITHMS.includes(name)) === false) {
    const offered = idTokenAlgorithms.join(', ');
    return failed(check, `the tenant offers ${offered}; needed is ${wanted}`, ALGORITHM_REMEDY);
  }
  try {
    const { status, json } = await probe({ url: jwksUri });
    const keys = Array.isArray(json?.['keys']) ? json['keys'].filter(isUsableKey) : [];
    if (keys.length > 0) return passed(check, `${wanted}, ${keys.length} keys published`);
    const message = `${jwksUri} (status ${status}) has no key for ${wanted}`;
    return failed(check, message, ALGORITHM_REMEDY);
  } catch (error) {
    if (!(error instanceof NoResponseError)) throw error;
    return failed(check, error.message, error.remedy);
  }
}

/** RFC 7517 §4: `use` and `alg` may be absent. */
function isUsableKey(key: unknown): boolean {
  const { kty, use = 'sig', alg = 'RS256' } = (key ?? {}) as Record<string, unknown>;
  return kty === 'RSA' && use === 'sig' && SIGNING_ALGORITHMS.includes(String(alg));
}
