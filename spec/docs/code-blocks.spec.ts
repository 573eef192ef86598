/** Every TypeScript block of the documentation compiles as copied, and every JSON block parses. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { parse as parseToml } from 'smol-toml';
import { parseAllDocuments, parse as parseYaml } from 'yaml';

import { ROOT } from '../support/source-tree.js';
import { type CodeBlock, codeBlocks, documentation } from './markdown.js';

const COMPILE_TIMEOUT_MS = 120_000;

const work = mkdtempSync(join(tmpdir(), 'express-auth0-mcp-docs-'));
afterAll(() => rmSync(work, { recursive: true, force: true }));

const blocks = documentation().flatMap(codeBlocks);
const inLanguage = (language: string): CodeBlock[] =>
  blocks.filter((block) => block.language === language);

describe('the code of the documentation', () => {
  it(
    'compiles as copied, in strict mode and with every declaration file checked',
    () => {
      const files = inLanguage('ts').map((block) => {
        const name = `${block.page.replace(/\W/g, '-')}-line-${block.line}.ts`;
        writeFileSync(join(work, name), block.code);
        return name;
      });
      expect(files).not.toEqual([]);
      expect(compilerErrors([...files, writeManifests()])).toBe('');
    },
    COMPILE_TIMEOUT_MS,
  );

  it('has complete blocks: every one imports what it uses', () => {
    for (const { page, line, code } of inLanguage('ts')) {
      expect([page, line, code]).toEqual([page, line, expect.stringMatching(/^import /m)]);
    }
  });

  it('has JSON that parses, also inside a sentence', () => {
    const inline = documentation().flatMap(({ text }) => [...text.matchAll(/`(\{ ".+? \})`/g)]);
    const texts = [
      ...inLanguage('json').map(({ code }) => code),
      ...inline.map(([, json]) => json),
    ];
    expect(texts).not.toEqual([]);
    for (const text of texts) expect(() => JSON.parse(text ?? '')).not.toThrow();
  });

  it.each([
    ['yaml', (code: string) => parseYaml(code, { strict: true })],
    ['toml', parseToml],
  ])('has %s that parses', (language, parse) => {
    expect(inLanguage(language)).not.toEqual([]);
    for (const { code } of inLanguage(language)) expect(() => parse(code)).not.toThrow();
  });

  it('has commands that a shell can parse', () => {
    for (const { page, line, code } of inLanguage('sh')) {
      const { stderr } = spawnSync('sh', ['-n'], { input: code, encoding: 'utf8' });
      expect([page, line, stderr]).toEqual([page, line, '']);
    }
  });

  it('names its language everywhere', () => {
    const known = ['ts', 'js', 'json', 'yaml', 'toml', 'sh', 'text', 'mermaid'];
    expect(blocks.filter(({ language }) => !known.includes(language))).toEqual([]);
  });
});

/** The Kubernetes manifests as typed literals: the compiler rejects unknown and missing fields. */
function writeManifests(): string {
  const text = readFileSync(join(ROOT, 'demo/deploy/kubernetes.yaml'), 'utf8');
  const manifests = parseAllDocuments(text).map((document) => document.toJS());
  const lines = manifests.map(({ apiVersion, kind, ...fields }) => {
    const group = apiVersion.includes('/')
      ? apiVersion.replace('.k8s.io', '')
      : `core/${apiVersion}`;
    const literal = JSON.stringify({ apiVersion, kind, ...fields });
    return `export const ${kind}: import('kubernetes-types/${group}.js').${kind} = ${literal};`;
  });
  expect(lines).toHaveLength(3);
  writeFileSync(join(work, 'kubernetes.ts'), lines.join('\n'));
  return 'kubernetes.ts';
}

function compilerErrors(files: readonly string[]): string {
  symlinkSync(join(ROOT, 'node_modules'), join(work, 'node_modules'));
  writeJson('package.json', { type: 'module' });
  writeJson('tsconfig.json', {
    compilerOptions: {
      target: 'es2023',
      module: 'nodenext',
      strict: true,
      noUncheckedIndexedAccess: true,
      skipLibCheck: false,
      noEmit: true,
      types: ['node'],
      paths: {
        'express-auth0-mcp': [join(ROOT, 'lib/index.ts')],
        'express-auth0-mcp/redis': [join(ROOT, 'lib/redis.ts')],
        'express-auth0-mcp/testing': [join(ROOT, 'lib/testing/index.ts')],
        // As in tsconfig.json.
        lmdb: [join(ROOT, 'node_modules/lmdb/index.d.cts')],
      },
    },
    files,
  });
  const compiler = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { stdout, status } = spawnSync(process.execPath, [compiler, '-p', work], {
    cwd: work,
    encoding: 'utf8',
  });
  return status === 0 ? '' : stdout || `the compiler ended with ${status}`;
}

function writeJson(name: string, value: unknown): void {
  writeFileSync(join(work, name), JSON.stringify(value));
}
