/** A real nginx with the configuration of demo/deploy, and a name server for the names in it. */
import { spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

import { freePort } from './redis-server.js';
import { ROOT } from './source-tree.js';

/** A running nginx. */
export interface Nginx {
  readonly origin: string;
  /** The file of the certificate authority, for NODE_EXTRA_CA_CERTS. */
  readonly authority: string;
  /** The instance of every request, as `address:port`; several, separated by commas, after a failed attempt. */
  served(): string[];
  stop(): Promise<void>;
}

/** The name server in nginx.conf is Docker's, the port that of the containers: here they are others. */
export interface NginxOptions {
  readonly port: number;
  readonly tls: { readonly key: string; readonly cert: string };
  readonly instances: { readonly port: number; readonly addresses: () => readonly string[] };
}

const START_TIMEOUT_MS = 10_000;

/** Starts nginx with demo/deploy/nginx.conf. Of its lines only addresses, ports and paths are changed. */
export async function startNginx({ port, tls, instances }: NginxOptions): Promise<Nginx> {
  const directory = mkdtempSync(join(tmpdir(), 'auth0-mcp-nginx-'));
  const names = await startNameServer(instances.addresses);
  const server = [
    ['resolver 127.0.0.11 ', `resolver 127.0.0.1:${names.port} `],
    ['listen 443 ssl', `listen 127.0.0.1:${port} ssl`],
    ['/etc/nginx/certificates/', `${directory}/`],
    ['/etc/nginx/certificates/', `${directory}/`],
    ['mcp:8000', `mcp:${instances.port}`],
  ].reduce(replaceOnce, readFileSync(join(ROOT, 'demo/deploy/nginx.conf'), 'utf8'));
  writeFileSync(join(directory, 'fullchain.pem'), tls.cert);
  writeFileSync(join(directory, 'privkey.pem'), tls.key);
  writeFileSync(join(directory, 'server.conf'), server);
  writeFileSync(join(directory, 'nginx.conf'), mainConfiguration(directory));
  mkdirSync(join(directory, 'temporary'));

  const log = join(directory, 'error.log');
  const path = [process.env['PATH'], '/usr/sbin'].join(delimiter);
  const args = ['-p', directory, '-c', 'nginx.conf', '-e', log];
  const child = spawn('nginx', args, { env: { PATH: path }, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => {
    said += chunk;
  });
  const failed = new Promise<never>((_, reject) => {
    const remedy = 'nginx is not installed: apt-get install nginx-light';
    child.once('error', (cause) => reject(new Error(remedy, { cause })));
    child.once('exit', (code) => reject(new Error(`nginx ended with ${code}:\n${said}`)));
  });
  failed.catch(() => undefined);
  const stop = async (): Promise<void> => {
    names.close();
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGTERM')) {
      await once(child, 'exit');
    }
    rmSync(directory, { recursive: true, force: true });
  };
  await Promise.race([untilOpen(port), failed]).catch(async (error) => {
    await stop();
    throw error;
  });
  return {
    origin: `https://127.0.0.1:${port}`,
    authority: join(directory, 'fullchain.pem'),
    served: () => readFileSync(join(directory, 'served.log'), 'utf8').trim().split('\n'),
    stop,
  };
}

function replaceOnce(text: string, [from = '', to = '']: readonly string[]): string {
  if (!text.includes(from)) throw new Error(`demo/deploy/nginx.conf lacks "${from}"`);
  return text.replace(from, to);
}

/** What the image of nginx has in its own nginx.conf, in the foreground and below one directory. */
function mainConfiguration(directory: string): string {
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${directory}/temporary/${kind};`)
    .join('\n');
  return `daemon off;
worker_processes 1;
${process.getuid?.() === 0 ? 'user root;' : ''}
pid ${directory}/nginx.pid;
events {}
http {
  ${temporary}
  log_format upstreams '$upstream_addr';
  access_log ${directory}/served.log upstreams;
  include ${directory}/server.conf;
}
`;
}

async function untilOpen(port: number): Promise<void> {
  for (let waitedMs = 0; waitedMs < START_TIMEOUT_MS; waitedMs += 20) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const socket = connect(port, '127.0.0.1', () => resolve(true));
      socket.on('connect', () => socket.destroy());
      socket.on('error', () => resolve(false));
    });
    if (isOpen) return;
    await pause(20);
  }
  throw new Error(`nginx did not listen on port ${port} within ${START_TIMEOUT_MS} ms`);
}

/** Responds to every query for A records with these addresses (RFC 1035), and to others with none. */
async function startNameServer(
  addresses: () => readonly string[],
): Promise<{ readonly port: number; close(): void }> {
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    // The question ends with its type and class, after the zero byte that ends the name.
    const end = query.indexOf(0, 12) + 5;
    const isA = query.readUInt16BE(end - 4) === 1;
    const records = (isA ? addresses() : []).map((ip) =>
      Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 5, 0, 4, ...ip.split('.').map(Number)]),
    );
    const head = Buffer.from([0x81, 0x80, 0, 1, 0, records.length, 0, 0, 0, 0]);
    const response = [query.subarray(0, 2), head, query.subarray(12, end), ...records];
    socket.send(Buffer.concat(response), port, address);
  });
  socket.bind(await freePort(), '127.0.0.1');
  await once(socket, 'listening');
  return { port: (socket.address() as AddressInfo).port, close: () => socket.close() };
}
