/**
 * What `setup` prints, by the tools that it is for, from the registry: the real Deploy CLI imports the YAML, Terraform's
 * own parser reads the file, and Auth0's SDK and the provider's schema (as published for Pulumi) have the types.
 */
import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import { ROOT } from '../support/source-tree.js';
import { callsOf, ENVIRONMENT, runSetup } from './run-setup.js';

const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), 'setup-tools-'));
const ARGUMENTS = ['--scopes', 'files:read files:write', '--backchannel-logout'];

beforeAll(async () => {
  const packages = ['auth0-deploy-cli@8', '@cdktf/hcl2json@0.21', '@pulumi/auth0@3'];
  const quiet = ['--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  await run('npm', ['install', '--prefix', folder, ...quiet, ...packages]);
}, 300_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const printed = async (format: string): Promise<string> =>
  (await runSetup([...ARGUMENTS, '--format', format], ENVIRONMENT)).out;

/** The bodies of the commands for the Auth0 CLI. */
const bodies = async (): Promise<unknown[]> =>
  callsOf(await printed('cli')).map((call) => call.at(-1));

/** Errors of the compiler in a file, with the declarations of the installed packages. */
function compilerErrors(name: string, code: string): string {
  writeFileSync(join(folder, name), code);
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const flags = '--noEmit --strict --skipLibCheck --module nodenext --target es2023'.split(' ');
  try {
    execFileSync(process.execPath, [compiler, ...flags, name], { cwd: folder, encoding: 'utf8' });
    return '';
  } catch (error) {
    return String((error as { stdout?: unknown }).stdout);
  }
}

describe('the Auth0 CLI', () => {
  it("sends what Auth0's own SDK declares for the Management API", async () => {
    const [api, application] = (await bodies()).map((body) => JSON.stringify(body));
    const code = (more: string): string => `import type { Management } from 'auth0';
export const api: Management.CreateResourceServerRequestContent = ${api};
export const application: Management.CreateClientRequestContent = { ${more} ...${application} };
export const refresh: Management.ClientRefreshTokenConfiguration = ${JSON.stringify(
      (JSON.parse(application ?? '') as { refresh_token: object }).refresh_token,
    )};\n`;
    expect(compilerErrors('api.ts', code(''))).toBe('');
    expect(compilerErrors('wrong.ts', code('grant_type: [],'))).toContain('grant_type');
  }, 120_000);
});

describe('the Deploy CLI', () => {
  it('imports the file: it creates both, and deletes and changes nothing', async () => {
    const [api, application] = await bodies();
    writeFileSync(join(folder, 'tenant.yaml'), await printed('deploy'));
    const management = await startManagementApi();
    try {
      const main = join(folder, 'node_modules/auth0-deploy-cli/lib/index.js');
      const args = [main, 'import', '--input_file', join(folder, 'tenant.yaml')];
      const { stdout, stderr } = await run(process.execPath, args, {
        cwd: folder,
        env: {
          PATH: process.env['PATH'],
          AUTH0_DOMAIN: management.host,
          AUTH0_ACCESS_TOKEN: 'a-token',
          NODE_EXTRA_CA_CERTS: management.certificate,
        },
      });
      expect(stdout + stderr).toContain('Import Successful');
    } finally {
      management.close();
    }
    expect(management.writes).toEqual([
      { method: 'POST', path: '/api/v2/resource-servers', body: api },
      { method: 'POST', path: '/api/v2/clients', body: application },
    ]);
  }, 180_000);
});

/** An empty tenant, which records what is written to it. */
async function startManagementApi(): Promise<{
  host: string;
  certificate: string;
  writes: { method: string; path: string; body: unknown }[];
  close: () => void;
}> {
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost'];
  const files = ['-keyout', key, '-out', certificate];
  await run('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', ...files, ...subject]);
  const writes: { method: string; path: string; body: unknown }[] = [];
  const tls = { key: readFileSync(key), cert: readFileSync(certificate) };
  const server = createServer(tls, (req, res) => {
    const { pathname } = new URL(req.url ?? '', 'https://localhost');
    let text = '';
    req.on('data', (chunk) => {
      text += chunk;
    });
    req.on('end', () => {
      res.setHeader('content-type', 'application/json');
      if (req.method === 'GET') {
        const list = pathname.replace(/^.*\//, '').replaceAll('-', '_');
        res.end(JSON.stringify({ [list]: [], total: 0, start: 0, limit: 100 }));
        return;
      }
      const body: object = JSON.parse(text || '{}');
      writes.push({ method: req.method ?? '', path: pathname, body });
      res.statusCode = 201;
      res.end(JSON.stringify({ ...body, id: 'new', client_id: 'new' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    host: `localhost:${(server.address() as AddressInfo).port}`,
    certificate,
    writes,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

type Block = Readonly<Record<string, unknown>>;

/** Blocks that the provider allows several of; of the others there is one. */
const REPEATED = ['scopes', 'credentials'];

/** As Pulumi, which takes the provider's schema: names in camelCase, single blocks as objects. */
function asPulumi(block: Block): Block {
  const camel = (name: string): string =>
    name.replace(/_(\w)/g, (_all, letter) => letter.toUpperCase());
  const isBlock = (value: unknown): value is Block => typeof value === 'object' && value !== null;
  return Object.fromEntries(
    Object.entries(block).map(([name, value]) => {
      if (!Array.isArray(value) || !isBlock(value[0])) return [camel(name), value];
      const blocks = value.filter(isBlock).map(asPulumi);
      return [camel(name), REPEATED.includes(name) ? blocks : blocks[0]];
    }),
  );
}

describe('Terraform', () => {
  it('reads the file, and every name is in the schema of the provider', async () => {
    const { parse } = createRequire(join(folder, 'x.js'))('@cdktf/hcl2json') as {
      parse: (
        name: string,
        text: string,
      ) => Promise<{ resource: Record<string, { mcp: Block[] }> }>;
    };
    const { resource } = await parse('main.tf', await printed('terraform'));
    const types = {
      auth0_resource_server: 'ResourceServer',
      auth0_resource_server_scopes: 'ResourceServerScopes',
      auth0_client: 'Client',
      auth0_client_credentials: 'ClientCredentials',
    };
    expect(Object.keys(resource).toSorted()).toEqual(Object.keys(types).toSorted());
    const code = Object.entries(types).map(([name, type]) => {
      const value = JSON.stringify(asPulumi(resource[name]?.mcp[0] ?? {}));
      return `export const ${name}: auth0.${type}Args = ${value};`;
    });
    const source = ["import type * as auth0 from '@pulumi/auth0';", ...code].join('\n');
    expect(compilerErrors('terraform.ts', source)).toBe('');
    const misspelt = source.replace('idleTokenLifetime', 'idleLifetime');
    expect(compilerErrors('misspelt.ts', misspelt)).toContain('idleLifetime');
  }, 180_000);
});
