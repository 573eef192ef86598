/** How the client gets its client id: by its metadata document, or by registration (RFC 7591). */
import { stringsIn } from '../../oauth/json-object.js';
import type { ClientFacts } from '../clients/client-facts.js';
import type { Discovery } from './discovery.js';
import type { Site } from './site.js';
import { type Problem, ProblemError } from './verdict.js';
import { describe, excerpt, explain, type Send } from './wire.js';

export interface Identity {
  readonly id: string;
  readonly secret: string | undefined;
  /** Undefined: by signed assertion, which the doctor cannot make. */
  readonly tokenAuth: 'none' | 'client_secret_post' | 'client_secret_basic' | undefined;
  /** The facts that apply: those for a server without metadata documents may differ. */
  readonly facts: ClientFacts;
  /** Another one that it uses at times: a loopback URI whose port is taken. */
  readonly otherRedirectUri?: string;
}

const CIMD = 'client_id_metadata_document_supported';
const METHODS = 'token_endpoint_auth_methods_supported';

/** @param note takes what makes the client work only just */
export async function identify(
  facts: ClientFacts,
  { server }: Discovery,
  site: Site,
  send: Send,
  note: (problem: Problem) => void,
): Promise<Identity> {
  const { introduction, tokenAuth } = facts;
  if (introduction.by === 'registration') {
    return register(facts, introduction.metadata, server, site, send, note);
  }
  const lacking = lackingFor(facts, server);
  if (lacking === undefined) {
    const isSigned = tokenAuth === 'private_key_jwt';
    return {
      id: introduction.url,
      secret: undefined,
      tokenAuth: isSigned ? undefined : 'none',
      facts,
    };
  }
  const { otherwise = facts } = facts;
  const metadata =
    otherwise.introduction.by === 'registration'
      ? otherwise.introduction.metadata
      : { ...introduction.document, redirect_uris: [facts.redirectUri] };
  if (server['registration_endpoint'] === undefined) {
    throw new ProblemError({
      step: 'client-id',
      fault: 'server',
      message: `the server metadata has neither ${lacking}, so that the client could use its metadata document, nor a registration_endpoint`,
      remedy: `Advertise "${CIMD}": true together with "none" in ${METHODS}, or offer registration.`,
    });
  }
  // Only where half of it is there, which is hardly intended.
  if (server[CIMD] === true) {
    note({
      step: 'client-id',
      fault: 'server',
      message: `the client ignores ${CIMD}, since the server metadata lacks ${lacking}; it registers instead, often again at each connection`,
      remedy: `Add "none" to ${METHODS}.`,
    });
  }
  return register(otherwise, metadata, server, site, send, note);
}

/** Clients with a document use it only if both are advertised; otherwise they register without a word. */
function lackingFor({ tokenAuth }: ClientFacts, server: Discovery['server']): string | undefined {
  if (server[CIMD] !== true) return `"${CIMD}": true`;
  const methods = stringsIn(server[METHODS]);
  const accepted = tokenAuth === 'private_key_jwt' ? [tokenAuth, 'none'] : ['none'];
  if (accepted.some((method) => methods.includes(method))) return undefined;
  return `${accepted.map((method) => `"${method}"`).join(' or ')} in ${METHODS}`;
}

async function register(
  facts: ClientFacts,
  metadata: Readonly<Record<string, unknown>>,
  server: Discovery['server'],
  site: Site,
  send: Send,
  note: (problem: Problem) => void,
): Promise<Identity> {
  const step = 'client-id';
  const { registration_endpoint: endpoint } = server;
  const wrong = (message: string, remedy: string): ProblemError =>
    new ProblemError({ step, fault: 'server', message, remedy });
  if (typeof endpoint !== 'string') {
    throw wrong(
      'the server metadata has no registration_endpoint, and this client has no other way to get a client id',
      'Offer dynamic client registration (RFC 7591), or enter a client id by hand if this client lets users do so.',
    );
  }
  const { href: url } = new URL(endpoint);
  const response = await send(step, { url, json: metadata });
  const { status, json = {} } = response;
  const { client_id: id, client_secret: secret, token_endpoint_auth_method: method } = json;
  if (status === 400 && metadata['client_uri'] === '') {
    throw new ProblemError({
      step,
      fault: 'client',
      message: `${url} responds with ${describe(response)}; this client sends an empty client_uri`,
      remedy: 'Treat an empty member of a registration as absent.',
    });
  }
  if (status !== 200 && status !== 201) {
    throw await explain(step, site, response, {
      remedy:
        status === 400
          ? `Accept this registration: ${JSON.stringify(metadata)}`
          : 'Accept registrations by POST, without a token (RFC 7591 §3).',
    });
  }
  if (typeof id !== 'string') {
    throw wrong(`${url} responds without a client_id`, 'RFC 7591 §3.2.1 requires it.');
  }
  const asked = metadata['token_endpoint_auth_method'];
  if (facts.strictAbout?.includes('authentication method') && method !== asked) {
    throw wrong(
      `${url} responds with token_endpoint_auth_method ${excerpt(JSON.stringify(method) ?? 'missing')} to ${JSON.stringify(asked)}`,
      'RFC 7591 §3.2.1: return all registered metadata. This client stops if its authentication method is not echoed.',
    );
  }
  if (asked === 'none' && secret !== undefined && facts.strictAbout?.includes('no secret')) {
    note({
      step,
      fault: 'server',
      message: `${url} issues a client_secret to a client that registers with "none"; it then authenticates by client_secret_basic`,
      remedy: 'Issue no secret to public clients, or accept client_secret_basic from them.',
    });
  }
  if (facts.tokenAuth.startsWith('client_secret') && secret === undefined) {
    throw wrong(
      `${url} issues no client_secret, which this client requests by ${JSON.stringify(asked)}`,
      'Register confidential clients with a secret.',
    );
  }
  const redirectUri = usualRedirectUri(facts, stringsIn(metadata['redirect_uris']));
  return {
    id,
    secret: typeof secret === 'string' ? secret : undefined,
    tokenAuth: methodFor(facts, asked, secret),
    facts: { ...facts, redirectUri },
    ...(redirectUri !== facts.redirectUri && { otherRedirectUri: facts.redirectUri }),
  };
}

/** The registered one, if it differs from the one of this login by its port only. */
function usualRedirectUri({ redirectUri }: ClientFacts, registered: readonly string[]): string {
  const withoutPort = (uri: string): string => uri.replace(/^(http:\/\/[^/:]+):\d+/, '$1');
  const same = registered.filter((uri) => withoutPort(uri) === withoutPort(redirectUri));
  if (same.includes(redirectUri)) return redirectUri;
  return same.find((uri) => new URL(uri).port !== '') ?? redirectUri;
}

/** @param asked the method in the registration. @param secret undefined: none was issued */
function methodFor(
  { tokenAuth, strictAbout }: ClientFacts,
  asked: unknown,
  secret: unknown,
): Identity['tokenAuth'] {
  if (tokenAuth === 'private_key_jwt') return undefined;
  if (tokenAuth !== 'none' || secret === undefined) return tokenAuth;
  if (strictAbout?.includes('no secret')) return 'client_secret_basic';
  // RFC 7591 §2: without a method, the client expects that it may get a secret.
  return asked === undefined ? 'client_secret_post' : 'none';
}
