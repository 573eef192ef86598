/**
 * `node scripts/bundle.js FOLDER TYPES`: bundles code and public declarations into FOLDER; TYPES has the compiler's
 * declarations. One file per module would double the start time, and users could import internal declarations.
 */
import { join } from 'node:path';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

const [, , folder = 'dist', types = 'dist/types'] = process.argv;

await build({
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
  // A module that two entries share exists once, so that `instanceof` and contexts work across them.
  splitting: true,
  chunkNames: 'shared-[hash]',
  logLevel: 'warning',
});

const declarations = await rollup({
  input: { index: join(types, 'index.d.ts'), redis: join(types, 'redis.d.ts') },
  plugins: [dts()],
  external: (id) => !/^[./]/.test(id),
  onwarn(warning) {
    throw new Error(warning.message);
  },
});
await declarations.write({
  dir: folder,
  entryFileNames: '[name].d.ts',
  chunkFileNames: 'shared-[hash].d.ts',
  // `redis` need not import what only another chunk uses.
  hoistTransitiveImports: false,
});
