/**
 * Module hooks: `./x.js` is `./x.ts` where only that is there, and is stripped of its types. The package by its
 * name is the source in lib/.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

import { transform } from '@swc/core';

const OPTIONS = {
  jsc: {
    parser: { syntax: 'typescript' },
    target: 'es2022',
    experimental: { keepImportAttributes: true },
  },
  module: { type: 'es6' },
  sourceMaps: 'inline',
};

const PACKAGE = {
  'express-auth0-mcp': '../../lib/index.ts',
  'express-auth0-mcp/redis': '../../lib/redis.ts',
};

export async function resolve(specifier, context, next) {
  const own = PACKAGE[specifier];
  if (own !== undefined) {
    const { href: url } = new URL(own, import.meta.url);
    return { url, format: 'module', shortCircuit: true };
  }
  if (specifier.startsWith('.') && specifier.endsWith('.js')) {
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(source)) return { url: source.href, format: 'module', shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.startsWith('file:') || !url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = await transform(await readFile(filename, 'utf8'), { ...OPTIONS, filename });
  return { format: 'module', source: code, shortCircuit: true };
}
