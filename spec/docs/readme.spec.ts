/** The README and its neighbours match the code: names in the environment, commands, FastMCP's names. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import {
  environmentNames,
  OPTION_NAMES,
  OPTION_TABLE,
  type OptionName,
  PREFIX,
} from '../../lib/config/option-table.js';
import { ROOT } from '../support/source-tree.js';
import { documentation, pageAt, section } from './markdown.js';

/** The `AUTH0_MCP_` names of an option. */
const ownNames = (name: OptionName): string[] =>
  environmentNames(name).filter((variable) => variable.startsWith(PREFIX));

describe('.env.example', () => {
  const example = readFileSync(join(ROOT, '.env.example'), 'utf8');

  it('has every option of the environment, and no other', () => {
    const names = [...example.matchAll(/^(?:# )?(AUTH0_MCP_\w+)=/gm)].map(([, name]) => name);
    expect([...new Set(names)].toSorted()).toEqual(OPTION_NAMES.flatMap(ownNames).toSorted());
  });
});

describe('the migration table for FastMCP', () => {
  const { text } = section(pageAt('docs/migration.md'), "From FastMCP's `Auth0Provider`");
  const fromOption = OPTION_NAMES.filter(
    (name) => OPTION_TABLE[name].inFastMcp && OPTION_TABLE[name].suffix !== 'JWT_SIGNING_KEY',
  );

  it.each([
    'config_url',
    'client_id',
    'client_secret',
    'audience',
    'base_url',
    'issuer_url',
    'redirect_path',
    'required_scopes',
    'jwt_signing_key',
    'client_storage',
    'FASTMCP_SERVER_AUTH=fastmcp.server.auth.providers.auth0.Auth0Provider',
    'STORAGE_ENCRYPTION_KEY',
    'RedisStore',
    'FernetEncryptionWrapper',
    'get_access_token',
    'get_token_info',
    'Client("http://localhost:8000/mcp", auth="oauth")',
    'fastmcp run',
  ])('has %s', (item) => {
    expect(text).toContain(`\`${item}`.replace(/^`(?=FernetEnc|STORAGE|RedisStore)/, ''));
  });

  it.each(fromOption)('names our %s', (name) => {
    expect(text).toContain(`\`${name}\``);
  });
});

describe('the README', () => {
  it('has 250 lines at most', () => {
    expect(pageAt('README.md').text.split('\n').length).toBeLessThanOrEqual(251);
  });
});

describe('the documentation', () => {
  const scripts: Record<string, string> = JSON.parse(
    readFileSync(join(ROOT, 'package.json'), 'utf8'),
  ).scripts;

  it('names commands that exist', () => {
    for (const { text } of documentation()) {
      for (const [, script = ''] of text.matchAll(/\bnpm run ([\w:]+)/g)) {
        expect(Object.keys(scripts)).toContain(script);
      }
    }
  });
});
