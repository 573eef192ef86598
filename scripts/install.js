/** Installs the npm packages and programs that the specs need. `npm test` does the same; `.ci/run` lints before that. */
import { ensureDebianPackages, ensureNodeModules, SPEC_PROGRAMS, setUp } from './set-up.js';

setUp(() => {
  ensureNodeModules();
  ensureDebianPackages(SPEC_PROGRAMS);
});
