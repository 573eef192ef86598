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

/** Those with facts of their own that hold today: a behaviour without metadata documents belongs to its client. */
export function replayedClients(): readonly ClientFacts[] {
  const fallbacks = new Set(CLIENTS.map(({ otherwise }) => otherwise));
  return CLIENTS.filter((facts) => facts.isVariant !== true && !fallbacks.has(facts));
}
