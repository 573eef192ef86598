/**
 * Lets a child process run the TypeScript of this repository as it is:
 * `node --import ./spec/support/run-typescript.js file.ts`.
 */
import { register } from 'node:module';

register('./typescript-hooks.js', import.meta.url);
