/** All clients whose requests are known, in the order of the documentation. */
import type { ClientFacts } from './client-facts.js';
import { COMMAND_LINE } from './command-line.js';
import { EDITORS } from './editors.js';
import { HOSTED } from './hosted.js';
import { LIBRARIES } from './libraries.js';

export const CLIENTS: readonly ClientFacts[] = [
  ...HOSTED,
  ...EDITORS,
  ...COMMAND_LINE,
  ...LIBRARIES,
];
