/** The deployment in demo/deploy: three instances on a real Redis behind a real nginx, and the files around them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseEnv } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse as parseToml } from 'smol-toml';
import { parse, parseAllDocuments } from 'yaml';
import { environmentNames, OPTION_NAMES } from '../../lib/config/option-table.js';
import {
  ADA,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
} from '../../lib/testing/options.js';
import { startTenant, type Tenant } from '../../lib/testing/tenant.js';
import { selfSigned } from '../clients/metadata-documents/tls-host.js';
import { codeBlocks, pageAt } from '../docs/markdown.js';
import { type Nginx, startNginx } from '../support/nginx.js';
import { freePort, type RedisServer, startRedis } from '../support/redis-server.js';
import { ROOT } from '../support/source-tree.js';
import { tenantKeys } from '../support/tenant-keys.js';
import { SPEC_SIGNING_KEY } from '../support/world.js';

const ADDRESSES = ['127.0.0.2', '127.0.0.3', '127.0.0.4'];
const FOLDER = join(ROOT, 'demo/deploy');
const fileOf = (name: string): string => readFileSync(join(FOLDER, name), 'utf8');
const compose = parse(fileOf('compose.yaml'), { strict: true });
const example = parseEnv(fileOf('.env.example'));
const TYPESCRIPT = ['--import', join(ROOT, 'spec/support/run-typescript.js')];

describe('three instances behind nginx', () => {
  let tenant: Tenant;
  let redis: RedisServer;
  let nginx: Nginx;
  let port: number;
  const instances = new Map<string, ChildProcess>();
  let client: ChildProcess | undefined;

  beforeAll(async () => {
    const publicPort = await freePort();
    port = await freePort();
    const origin = `https://127.0.0.1:${publicPort}`;
    const callbackUrls = [`${origin}/auth/callback`];
    [tenant, redis, nginx] = await Promise.all([
      startTenant({ callbackUrls, keys: tenantKeys() }),
      startRedis({ args: compose.services.redis.command.slice(1) }),
      startNginx({
        port: publicPort,
        tls: selfSigned(),
        instances: { port, addresses: () => ADDRESSES },
      }),
    ]);
    await Promise.all(ADDRESSES.map((address) => startServer(address, origin)));
  }, 60_000);

  afterAll(async () => {
    for (const child of [...instances.values(), client]) child?.kill('SIGKILL');
    await Promise.all([tenant?.close(), redis?.remove(), nginx?.stop()]);
  });

  /** One container of compose.yaml: the environment is all that it gets. */
  async function startServer(address: string, origin: string): Promise<void> {
    const values: Readonly<Record<string, string>> = {
      AUTH0_MCP_CONFIG_URL: tenant.configUrl,
      AUTH0_MCP_CLIENT_ID: DEMO_CLIENT_ID,
      AUTH0_MCP_CLIENT_SECRET: DEMO_CLIENT_SECRET,
      AUTH0_MCP_AUDIENCE: DEMO_AUDIENCE,
      AUTH0_MCP_BASE_URL: origin,
      AUTH0_MCP_JWT_SIGNING_KEY: SPEC_SIGNING_KEY,
    };
    expect(Object.keys(example).toSorted()).toEqual(Object.keys(values).toSorted());
    const child = spawn(process.execPath, [...TYPESCRIPT, join(FOLDER, 'server.mjs')], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: {
        ...{ PATH: process.env['PATH'], PORT: String(port), HOST: address },
        ...values,
        ...compose.services.mcp.environment,
        AUTH0_MCP_REDIS_URL: redis.url,
      },
    });
    instances.set(address, child);
    const [line] = await once(child.stdout, 'data');
    expect(String(line)).toContain(`listening on ${port}`);
  }

  it('serve one login, streams without a buffer, and every caller by its own address; one of them may end', async () => {
    const mcp = `${nginx.origin}/mcp`;
    const program = join(ROOT, 'spec/support/deployed-client.ts');
    client = spawn(process.execPath, [...TYPESCRIPT, program, mcp], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: nginx.authority },
    });
    const [report] = await once(client, 'message');
    expect(report.answers).toEqual(Array(6).fill(ADA.email));
    expect(report.authorize).toMatch(new RegExp(`^${nginx.origin}/authorize\\?`));
    const [before, after] = report.streamed;
    expect([before > 0, before < after, after]).toEqual([true, true, 3]);
    const { here, elsewhere } = report.guesses;
    expect([new Set(here), elsewhere]).toEqual([new Set([401, 429]), 401]);
    expect(new Set(nginx.served())).toEqual(new Set(ADDRESSES.map((ip) => `${ip}:${port}`)));

    const [first = ''] = ADDRESSES;
    expect(await healthCheck(first)).toBe(0);
    const ended = once(instances.get(first) as ChildProcess, 'exit');
    instances.get(first)?.kill('SIGTERM');
    expect(await ended).toEqual([0, null]);
    expect(await healthCheck(first)).toBe(1);
    client.send('go on');
    const [rest] = await once(client, 'message');
    expect(rest.answers).toEqual(Array(6).fill(ADA.email));
    await once(client, 'exit');
  }, 60_000);

  /** The exit code of the command in compose.yaml. */
  async function healthCheck(address: string): Promise<number> {
    const [kind, command, ...args] = compose.services.mcp.healthcheck.test;
    expect([kind, command]).toEqual(['CMD', 'node']);
    const here = args.map((arg: string) => arg.replace('127.0.0.1:8000', `${address}:${port}`));
    expect(here).not.toEqual(args);
    const [code] = await once(spawn(process.execPath, here, { stdio: 'inherit' }), 'exit');
    return code;
  }
});

describe('compose.yaml', () => {
  it('starts as many instances as its text says, at the port and name that nginx forwards to', () => {
    expect(fileOf('compose.yaml')).toMatch(/^# Three instances /);
    expect(compose.services.mcp.deploy.replicas).toBe(3);
    expect(fileOf('nginx.conf')).toContain(' mcp:8000;');
    expect(fileOf('server.mjs')).toContain("PORT = '8000'");
    expect(fileOf('Dockerfile')).toContain('EXPOSE 8000');
  });

  it('sets options that exist, and mounts files that exist or that the page tells to create', () => {
    const names = OPTION_NAMES.flatMap(environmentNames);
    const set = { ...example, ...compose.services.mcp.environment, TRUST_PROXY: undefined };
    for (const name of Object.keys(set)) expect(['TRUST_PROXY', ...names]).toContain(name);
    const mounted = compose.services.proxy.volumes.map((volume: string) => volume.split(':')[0]);
    expect(mounted).toEqual(['./nginx.conf', './certificates']);
    expect(existsSync(join(FOLDER, mounted[0]))).toBe(true);
  });
});

describe('the image', () => {
  const ours = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  const { dependencies } = JSON.parse(fileOf('package.json'));

  it('has what the server imports, in the versions that the specs run', () => {
    const known = { ...ours.dependencies, ...ours.devDependencies };
    for (const name of Object.keys(dependencies)) {
      const version = name === ours.name ? `file:${ours.name}-${ours.version}.tgz` : known[name];
      expect([name, dependencies[name]]).toEqual([name, version]);
    }
    const imported = [...fileOf('server.mjs').matchAll(/from '((?:@[\w-]+\/)?[\w-]+)[^:']*'/g)];
    expect(imported.map(([, name]) => name).filter((name) => name !== 'node')).not.toEqual([]);
    const peers = Object.keys(ours.peerDependencies).filter((name) => name.includes('redis'));
    expect(peers.length).toBeGreaterThan(0);
    for (const name of [...imported.map(([, found = '']) => found), ...peers]) {
      expect(dependencies).toHaveProperty([name]);
    }
  });

  it('copies and starts files that exist', () => {
    const copied = [...fileOf('Dockerfile').matchAll(/^COPY (.+) \.\/$/gm)].flatMap(
      ([, names = '']) => names.split(' ').filter((name) => !name.includes('*')),
    );
    expect(copied).toEqual(['package.json', 'server.mjs']);
    for (const name of copied) expect(existsSync(join(FOLDER, name))).toBe(true);
    expect(fileOf('Dockerfile')).toContain('CMD ["node", "server.mjs"]');
  });
});

describe('kubernetes.yaml', () => {
  it('checks the health at the path and port of the server, and connects all parts by name', () => {
    const documents = parseAllDocuments(fileOf('kubernetes.yaml'), { strict: true });
    const [deployment, service, ingress] = documents.map((document) => document.toJS());
    const { metadata, spec } = deployment.spec.template;
    const [container] = spec.containers;
    const path = new URL(/http:[^']+/.exec(compose.services.mcp.healthcheck.test[3])?.[0] ?? '');
    for (const probe of [container.readinessProbe, container.livenessProbe]) {
      expect(probe.httpGet).toEqual({ path: path.pathname, port: 'http' });
    }
    expect(container.ports).toEqual([{ name: 'http', containerPort: Number(path.port) }]);
    expect(service.spec.selector).toEqual(metadata.labels);
    const [rule] = ingress.spec.rules;
    expect(rule.http.paths[0].backend.service.name).toBe(service.metadata.name);
    expect(rule.host).toBe(ingress.spec.tls[0].hosts[0]);
  });
});

describe('docs/deploy.md', () => {
  const page = pageAt('docs/deploy.md');
  const blockOf = (heading: string): string => {
    const line = page.text.split('\n').indexOf(`## ${heading}`);
    return codeBlocks(page).find((block) => line >= 0 && block.line > line)?.code ?? '';
  };

  it('names options that exist', () => {
    const names = OPTION_NAMES.flatMap(environmentNames);
    const named = [...page.text.matchAll(/\bAUTH0_MCP_\w+/g)].map(([name]) => name);
    expect(named.length).toBeGreaterThan(5);
    for (const name of named) expect(names).toContain(name);
  });

  it('leads Traefik, Fly and Render to the port and health check of the server', () => {
    const traefik = parse(blockOf('Traefik')).services;
    for (const name of Object.keys(traefik)) expect(compose.services).toHaveProperty([name]);
    const prefix = 'traefik.http.services.mcp.loadBalancer';
    expect(traefik.mcp.labels[`${prefix}.server.port`]).toBe('8000');
    expect(traefik.mcp.labels[`${prefix}.healthCheck.path`]).toBe('/healthz');
    const fly = { internal_port: 8000, checks: [{ path: '/healthz' }] };
    expect(parseToml(blockOf('Fly'))).toMatchObject({ http_service: fly });
    const [web, keyValue] = parse(blockOf('Render')).services;
    expect(web.healthCheckPath).toBe('/healthz');
    const redis = web.envVars.find(({ key }: { key: string }) => key === 'AUTH0_MCP_REDIS_URL');
    expect(redis.fromService).toMatchObject({ type: keyValue.type, name: keyValue.name });
  });

  it('creates the certificates where compose.yaml expects them, for the host of .env.example', () => {
    const commands = blockOf('The example');
    for (const name of ['fullchain.pem', 'privkey.pem']) {
      expect(commands).toContain(` certificates/${name}`);
      expect(fileOf('nginx.conf')).toContain(`/certificates/${name};`);
    }
    const { hostname } = new URL(example['AUTH0_MCP_BASE_URL'] ?? '');
    expect(commands).toContain(`subjectAltName=DNS:${hostname} `);
  });
});
