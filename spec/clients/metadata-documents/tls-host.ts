/**
 * A host on loopback that serves client metadata over real TLS, and counts who connects.
 *
 * @module
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import type { AllowedNetwork, ResolveHost } from '../../../lib/core.js';

/** A running host. Every name below `client.example` is served. */
export interface TlsHost {
  readonly port: number;
  /** PEM certificate to trust. */
  readonly ca: string;
  /** `https://client.example:PORT` and a path. */
  url(path: string, subdomain?: string): string;
  /** TCP connections accepted so far. */
  connections(): number;
  /** Requests received so far: `GET /path`. */
  readonly requests: string[];
  /** Responds to requests from now on. */
  answer: RequestListener;
  /** The network in which every name leads here. */
  network(overrides?: Partial<AllowedNetwork>): AllowedNetwork;
  close(): Promise<void>;
}

/** Starts a host on a loopback address. */
export async function startTlsHost(address = '127.0.0.1'): Promise<TlsHost> {
  const { key, cert } = selfSigned();
  let connections = 0;
  const server = createServer({ key, cert }, (req, res) => {
    host.requests.push(`${req.method} ${req.url}`);
    host.answer(req, res);
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(0, address, resolve);
  });
  const { port } = server.address() as AddressInfo;
  const resolve: ResolveHost = async () => [{ address, family: 4 }];
  const host: TlsHost = {
    port,
    ca: cert,
    url: (path, subdomain) =>
      `https://${subdomain ? `${subdomain}.` : ''}client.example:${port}${path}`,
    connections: () => connections,
    requests: [],
    answer: (_req, res) => res.writeHead(404).end(),
    network: (overrides) => ({ addresses: [address], ca: cert, resolve, ...overrides }),
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
  return host;
}

/** Answers JSON with some headers. */
export function json(body: unknown, headers: Record<string, string> = {}): RequestListener {
  return (_req, res) =>
    res
      .writeHead(200, { 'content-type': 'application/json', ...headers })
      .end(JSON.stringify(body));
}

/** Answers each URL with a valid document for it. */
export function documentFor(
  fields: Record<string, unknown> = {},
  headers: Record<string, string> = {},
): RequestListener {
  return (req, res) => {
    const clientId = `https://${req.headers.host}${req.url}`;
    json(clientDocument(clientId, fields), headers)(req, res);
  };
}

/** The least a document has to say. */
export function clientDocument(
  clientId: string,
  fields: Record<string, unknown> = {},
): Record<string, unknown> {
  return {
    client_id: clientId,
    client_name: 'Example Client',
    redirect_uris: ['http://127.0.0.1/callback'],
    ...fields,
  };
}

/** A key, and a certificate for it that is its own authority: for `client.example` and 127.0.0.1. */
export function selfSigned(): { key: string; cert: string } {
  const directory = mkdtempSync(join(tmpdir(), 'tls-host-'));
  const [keyFile, certFile] = [join(directory, 'key.pem'), join(directory, 'cert.pem')];
  const names = 'subjectAltName=DNS:client.example,DNS:*.client.example,IP:127.0.0.1';
  const args =
    'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=client.example';
  try {
    execFileSync(
      'openssl',
      [...args.split(' '), '-addext', names, '-keyout', keyFile, '-out', certFile],
      { stdio: 'pipe' },
    );
    return { key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certFile, 'utf8') };
  } catch (cause) {
    throw new Error('These specs need the openssl command (Debian: apt-get install openssl).', {
      cause,
    });
  } finally {
    rmSync(directory, { recursive: true });
  }
}
