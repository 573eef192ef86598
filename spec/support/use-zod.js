/** Lets a process import another version of zod: `SPEC_ZOD=zod-4.0 node --import ./spec/support/use-zod.js`. */
import { register } from 'node:module';

register('./zod-hooks.js', import.meta.url);
