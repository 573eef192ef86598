/**
 * Replays the requests of real clients against an MCP server, up to the login: how each finds the authorization
 * server, gets a client id, and opens the authorization request. With a user, the whole login.
 */
import type { ClientFacts } from '../clients/client-facts.js';
import { openAuthorization, tryTokenEndpoint } from './authorization.js';
import { identify } from './client-id.js';
import { discover, type RefusedBody } from './discovery.js';
import { findRefusal } from './endpoint.js';
import { canLogInHere, logInAs } from './login.js';
import { createSite, type Resolve, type Site } from './site.js';
import { type Problem, ProblemError, type Verdict, verdictOf } from './verdict.js';
import { sendAs } from './wire.js';

export interface ReplaySettings {
  /** Which of the clients a user logs in with. Default: none. */
  readonly logIn?: 'first' | 'all';
  /** Shows the user the URL of the login. */
  readonly promptLogin: (client: string, url: string) => void;
  /** Specs pass their own. */
  readonly resolve?: Resolve;
}

/** The endpoint first, then a verdict for each client. */
export async function* replay(
  url: string,
  clients: readonly ClientFacts[],
  settings: ReplaySettings,
): AsyncGenerator<Verdict, void> {
  const site = createSite(url, settings.resolve);
  const endpoint = await endpointVerdict(site);
  yield endpoint.verdict;
  const { refused } = endpoint;
  if (refused === undefined) {
    const isOpen = endpoint.verdict.outcome !== 'failed';
    const outcome = isOpen ? 'passed' : 'skipped';
    const reason = isOpen ? 'needs no login' : 'not checked: the first request failed';
    for (const facts of clients) yield verdictOf(facts, outcome, reason);
    return;
  }
  const loggingIn = clientsToLogIn(clients, settings.logIn);
  for (const facts of clients) {
    yield await verdictFor(facts, site, refused, loggingIn.has(facts) ? settings : undefined);
  }
}

async function endpointVerdict(
  site: Site,
): Promise<{ readonly verdict: Verdict; readonly refused?: RefusedBody }> {
  const client = site.url;
  try {
    const refused = await findRefusal(site);
    if (refused === undefined) return { verdict: await openVerdict(site) };
    return { verdict: { client, outcome: 'passed', message: 'requires a token' }, refused };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { verdict: { client, outcome: 'failed', ...error.problem } };
  }
}

/** An endpoint without a login, or with a guard that is not in front of it. */
async function openVerdict(site: Site): Promise<Verdict> {
  const { url: client } = site;
  const { origin, pathname } = new URL(client);
  const well = `${origin}/.well-known/oauth-protected-resource`;
  const urls = [well + pathname.replace(/\/$/, ''), well];
  const found = await Promise.all(urls.map((url) => site.send({ url }).catch(() => undefined)));
  if (!found.some((response) => response?.status === 200 && response.json !== undefined)) {
    return { client, outcome: 'passed', message: 'responds without a token' };
  }
  return {
    client,
    outcome: 'warning',
    step: 'endpoint',
    fault: 'server',
    message: 'responds without a token, although it publishes resource metadata',
    remedy: 'Unless that is intended: mount the bearer check before the MCP route, at its path.',
  };
}

function clientsToLogIn(
  clients: readonly ClientFacts[],
  which: ReplaySettings['logIn'],
): ReadonlySet<ClientFacts> {
  if (which === undefined) return new Set();
  const possible = clients.filter(canLogInHere);
  return new Set(which === 'all' ? possible : possible.slice(0, 1));
}

/** @param login undefined: without a user */
async function verdictFor(
  facts: ClientFacts,
  site: Site,
  refused: RefusedBody,
  login: ReplaySettings | undefined,
): Promise<Verdict> {
  const notes: Problem[] = [];
  try {
    const send = sendAs(facts, site);
    const discovery = await discover(facts, site, send, refused);
    const note = (problem: Problem): unknown => notes.push(problem);
    const identity = await identify(facts, discovery, site, send, note);
    let reached = await openAuthorization(identity, discovery, site, note);
    if (identity.tokenAuth !== undefined) await tryTokenEndpoint(identity, discovery, site, send);
    if (login !== undefined) {
      const prompt = (url: string): void => login.promptLogin(facts.name, url);
      reached = await logInAs({ identity, discovery, site, send, refused }, prompt);
    }
    const [first] = notes;
    return first === undefined
      ? verdictOf(facts, 'passed', reached)
      : verdictOf(facts, 'warning', first);
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return verdictOf(facts, error.isTemporary ? 'skipped' : 'failed', error.problem);
  }
}
