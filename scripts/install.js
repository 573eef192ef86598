/** Installs the npm packages and programs that the specs need. `npm test` does the same; `.ci/run` lints before that. */
import { ensureDebianPackages, ensureNodeModules, SPEC_PROGRAMS, setUp } from './set-up.js';

await setUp(async () => {
  await ensureNodeModules();
  await ensureDebianPackages(SPEC_PROGRAMS);
});
