/**
 * `node scripts/bundle.js FOLDER TYPES`: bundles code and public declarations into FOLDER, as ES modules and as
 * CommonJS; TYPES has the compiler's declarations. One file per module would double the start time, and users could
 * import internal declarations.
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { rollup } from 'rollup';
import { dts } from 'rollup-plugin-dts';

/**
 * Files of lib/ that package.json names in `exports`. Those of one group share modules; between groups nothing is
 * shared, so that importing the library loads few files.
 */
const ENTRIES = [['index', 'redis'], ['testing/index']];

/** Files of lib/ that run as programs: ES modules only. */
const PROGRAMS = [['testing/worker'], ['cli/main']];

/**
 * Packages without a CommonJS build, which the CommonJS build contains: not everything that calls `require()` loads
 * ES modules. Jest does not.
 */
const ESM_ONLY = ['jose'];

const [, , folder = 'dist', types = 'dist/types'] = process.argv;

for (const group of [...ENTRIES, ...PROGRAMS]) {
  await build({
    entryPoints: group.map((name) => `lib/${name}.ts`),
    outbase: 'lib',
    outdir: folder,
    bundle: true,
    // Dependencies stay what npm installs: one copy with the app's own, and theirs to update.
    packages: 'external',
    platform: 'node',
    format: 'esm',
    // The oldest Node that package.json names.
    target: 'node20.19',
    // Its paths are for the compiler.
    tsconfigRaw: {},
    splitting: true,
    chunkNames: 'shared-[hash]',
    logLevel: 'warning',
  });
}

/** @type {import('rollup').Plugin} */
const forCommonJs = {
  name: 'for-commonjs',
  resolveId: (id) => (ESM_ONLY.includes(id) ? fileURLToPath(import.meta.resolve(id)) : undefined),
  // `import()` becomes `require()`, for the same reason. In a `try`: bundlers then accept that it is not installed.
  renderDynamicImport: () => ({
    left: '(async () => { try { const found = require(',
    right: '); return { __proto__: found, default: found }; } catch (error) { throw error; } })()',
  }),
};
for (const group of ENTRIES) {
  const common = await bundle(group, folder, '.js', [forCommonJs]);
  await common.write({ ...names('.cjs'), format: 'cjs' });
}

const declarations = await bundle(ENTRIES.flat(), types, '.d.ts', [dts()]);
await declarations.write(names('.d.ts'));
const forRequire = [dts({ includeExternal: ESM_ONLY })];
const commonDeclarations = await bundle(ENTRIES.flat(), types, '.d.ts', forRequire);
await commonDeclarations.write(names('.d.cts'));

/** @param {string[]} entries @param {string} from @param {string} extension @param {import('rollup').Plugin[]} plugins */
function bundle(entries, from, extension, plugins) {
  return rollup({
    input: Object.fromEntries(entries.map((name) => [name, join(from, name + extension)])),
    plugins,
    external: (id) => !/^[./]/.test(id) && !ESM_ONLY.includes(id),
    onwarn(warning) {
      // Modules of a package that are left out.
      if (warning.code === 'UNUSED_EXTERNAL_IMPORT') return;
      throw new Error(warning.message);
    },
  });
}

/** @param {string} extension @returns {import('rollup').OutputOptions} */
function names(extension) {
  return {
    dir: folder,
    entryFileNames: `[name]${extension}`,
    chunkFileNames: `shared-[hash]${extension}`,
    // An entry need not import what only another chunk uses.
    hoistTransitiveImports: false,
  };
}
