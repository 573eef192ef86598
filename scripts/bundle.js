/**
 * `node scripts/bundle.js FOLDER`: the library's code as few files, into FOLDER; its types come from the compiler.
 *
 * Some two hundred modules are pleasant to read and slow to open: resolving and compiling each by itself took half
 * of the time between `import` and a server that listens.
 *
 * @module
 */
import { buildSync } from 'esbuild';

const [, , folder = 'dist'] = process.argv;

buildSync({
  entryPoints: ['lib/index.ts', 'lib/redis.ts', 'lib/doctor/main.ts'],
  outbase: 'lib',
  outdir: folder,
  bundle: true,
  // Dependencies stay what npm installs: one copy with the app's own, and theirs to update.
  packages: 'external',
  platform: 'node',
  format: 'esm',
  // The oldest Node that package.json names.
  target: 'node20.19',
  // What two entries need exists once: an error or a context of one is known to the other.
  splitting: true,
  chunkNames: 'shared-[hash]',
  sourcemap: true,
  logLevel: 'warning',
});
