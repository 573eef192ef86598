/**
 * Installs all that the specs need, npm packages and programs, and stops there. `npm test` does it by itself;
 * `.ci/run` does it first so that lint can run before the specs.
 *
 * @module
 */
import { ensureDebianPackages, ensureNodeModules, SPEC_PROGRAMS, setUp } from './set-up.js';

setUp(() => {
  ensureNodeModules();
  ensureDebianPackages(SPEC_PROGRAMS);
});
