/** A client of a metadata document that proves itself by signed assertions (RFC 7523). */
import { randomUUID } from 'node:crypto';

import { exportJWK, generateKeyPair, SignJWT } from 'jose';

import {
  clientDocument,
  documentFor,
  json,
  type TlsHost,
} from '../clients/metadata-documents/tls-host.js';
import { type Answer, type OAuthClient, oauthClient } from './oauth-client.js';

export const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/** What a spec changes about one assertion; `undefined` leaves a claim out. */
export interface AssertionOverrides {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, string>>;
}

export interface SigningClient extends OAuthClient {
  /** The form fields that prove the client, with a new assertion each time. */
  proof(overrides?: AssertionOverrides): Promise<Record<string, string>>;
  /** Redeems, refreshes or revokes with a proof: a new one unless given. */
  redeemProved(code: string, proof?: Record<string, string>): Promise<Answer>;
  refreshProved(token: unknown, proof?: Record<string, string>): Promise<Answer>;
  revokeProved(token: unknown, proof?: Record<string, string>): Promise<Answer>;
}

export interface SigningClientOptions {
  /** Of the client id; has to be new in each spec, since documents are cached. */
  readonly path: string;
  readonly subdomain?: string;
  readonly alg?: 'ES256' | 'RS256';
  /** Members of the document; `jwks_uri` and `private_key_jwt` unless given. */
  readonly document?: Readonly<Record<string, unknown>>;
  /** Members of the key set besides `keys`. */
  readonly keySet?: Readonly<Record<string, unknown>>;
  readonly now?: () => number;
}

const REDIRECT_URI = 'http://127.0.0.1:51234/callback';

/** Publishes document and keys at `host`, beside what other clients have there. */
export async function signingClient(
  origin: string,
  host: TlsHost,
  options: SigningClientOptions,
): Promise<SigningClient> {
  const {
    path,
    subdomain,
    alg = 'ES256',
    keySet,
    now = () => Math.floor(Date.now() / 1000),
  } = options;
  const id = host.url(path, subdomain);
  const { publicKey, privateKey } = await generateKeyPair(alg, { extractable: true });
  const key = { ...(await exportJWK(publicKey)), kid: 'of-the-client', alg, use: 'sig' };
  const keysAt = `${path}.keys`;
  const fields = options.document ?? { token_endpoint_auth_method: 'private_key_jwt' };
  const before = host.answer;
  host.answer = (req, res) => {
    const isHere = `https://${req.headers.host}` === new URL(id).origin;
    if (isHere && req.url === keysAt) json({ keys: [key], ...keySet })(req, res);
    else if (isHere && req.url === path) {
      const document = { jwks_uri: host.url(keysAt, subdomain), ...fields };
      json(clientDocument(id, document))(req, res);
    } else before(req, res);
  };

  const client = oauthClient(origin, { id, secret: undefined, redirectUri: REDIRECT_URI });
  const proof: SigningClient['proof'] = async ({ claims = {}, header = {} } = {}) => {
    const all = {
      iss: id,
      sub: id,
      aud: origin,
      jti: randomUUID(),
      iat: now(),
      exp: now() + 60,
      ...claims,
    };
    const assertion = await new SignJWT(all)
      .setProtectedHeader({ alg, kid: 'of-the-client', ...header })
      .sign(privateKey);
    return { client_assertion_type: ASSERTION_TYPE, client_assertion: assertion };
  };
  return {
    ...client,
    proof,
    redeemProved: async (code, given) => client.redeem(code, given ?? (await proof())),
    refreshProved: async (token, given) => client.refresh(token, given ?? (await proof())),
    revokeProved: async (token, given) =>
      client.post('/revoke', {
        token: String(token),
        client_id: id,
        ...(given ?? (await proof())),
      }),
  };
}

/** Serves a document that is as `fields` say to whoever asks for `path`. */
export function publish(host: TlsHost, path: string, fields: Record<string, unknown>): void {
  const before = host.answer;
  const document = documentFor(fields);
  host.answer = (req, res) => (req.url === path ? document(req, res) : before(req, res));
}
