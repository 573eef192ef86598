/** A real Chromium for specs: the one on this machine, nothing is downloaded. */
import { existsSync } from 'node:fs';

import { type Browser, chromium } from 'playwright-core';

/** Where Debian, Ubuntu, Google's packages and macOS put it. */
const USUAL_PATHS = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/snap/bin/chromium',
  '/usr/bin/google-chrome-stable',
  '/usr/bin/google-chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];

/** Nothing that calls home, and nothing that needs a display or a privileged sandbox. */
const QUIET = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * Starts a headless Chromium. Close it when done.
 *
 * @param extraArgs further switches of the command line, e.g. `--host-resolver-rules=…`
 * @throws Error naming the Debian package, if there is no Chromium
 */
export function launchChromium(extraArgs: readonly string[] = []): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath(),
    headless: true,
    args: [...QUIET, ...extraArgs],
  });
}

/** `CHROMIUM_PATH`, or the first usual place that has one. @throws Error if there is none */
export function chromiumPath(): string {
  const chosen = process.env['CHROMIUM_PATH'];
  const found = chosen === undefined ? USUAL_PATHS.find(existsSync) : chosen;
  if (found !== undefined && existsSync(found)) return found;
  const where = chosen ?? USUAL_PATHS.join(', ');
  throw new Error(
    `No Chromium at ${where}. Install it (Debian: apt-get install chromium) or set CHROMIUM_PATH.`,
  );
}
