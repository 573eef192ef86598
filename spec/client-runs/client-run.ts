/** What a run of a client needs: a server with a durable store, a home of its own, and a browser that the client opens. */
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

import { embeddedStorage } from '../../lib/storage/embedded/embedded-storage.js';
import { completeLogin, createBrowser } from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';
import { close, listen } from '../support/listen.js';
import { startWorld, type World } from '../support/world.js';
import { type LoggedRequest, logRequests } from './request-log.js';

export interface ClientRun {
  readonly world: World;
  /** Everything that the client requested. */
  readonly log: LoggedRequest[];
  /** Empty at the start. */
  readonly home: string;
  readonly env: Readonly<Record<string, string>>;
  /** From now on the user selects this scope, which the client did not request, on the consent page. */
  select(scope: string): void;
  /** The user closes what the client has opened: it has given up, and listens no longer. */
  closeWindows(): Promise<void>;
  /** The server process ends and starts, with the same store. */
  restart(): Promise<void>;
  close(): Promise<void>;
}

export async function startClientRun(): Promise<ClientRun> {
  const home = mkdtempSync(join(tmpdir(), 'express-auth0-mcp-client-'));
  const directory = join(home, '.server');
  const log: LoggedRequest[] = [];
  const options = () => ({
    storage: embeddedStorage({ directory }),
    // Documents of vendors cannot be fetched here.
    clientIdMetadataDocuments: false,
    toolScopes: { write_file: ['files:write'] },
  });
  const world = await startWorld({
    options: options(),
    before: (app) => void app.use(logRequests(log)),
  });
  const user = createUser();
  const opener = await startOpener(user.open);
  const bin = join(home, '.bin');
  writeBrowserProgram(bin, opener.url);
  return {
    world,
    log,
    home,
    env: {
      HOME: home,
      PATH: [bin, dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter),
      BROWSER: join(bin, 'xdg-open'),
      LANG: 'C.UTF-8',
      TERM: 'xterm-256color',
    },
    select: user.select,
    closeWindows: user.closeWindows,
    async restart() {
      await world.auth.close();
      world.server.closeAllConnections();
      world.restart(options());
    },
    async close() {
      await user.closeWindows();
      await opener.close();
      await world.close();
      rmSync(home, { recursive: true, force: true });
    },
  };
}

const ALLOW = { name: 'decision', value: 'allow' };

/** A user with one browser: logged in at the tenant after the first login. */
function createUser() {
  const browser = createBrowser();
  const windows = new Map<string, Promise<void>>();
  let selected: string | undefined;

  async function visit(url: string): Promise<void> {
    // A client may listen for the code only after it has opened the browser.
    await setTimeout(1_000);
    if (!windows.has(url)) return;
    let page = await browser.follow(url);
    if (selected !== undefined && page.body.includes(`name="scope" value="${selected}"`)) {
      page = await browser.submit(page, { scope: selected }, { button: ALLOW });
    }
    await completeLogin(browser, page, ADA);
  }

  return {
    select(scope: string): void {
      selected = scope;
    },
    open(url: string): void {
      const visited = visit(url).catch((error: NodeJS.ErrnoException) => {
        // The client has ended, or another of its logins has succeeded: an error page.
        if (error.code !== 'ECONNREFUSED') throw error;
      });
      windows.set(url, visited);
    },
    async closeWindows(): Promise<void> {
      // The program that opens one may start as the client ends.
      await setTimeout(1_000);
      const open = [...windows.values()];
      windows.clear();
      await Promise.all(open);
    },
  };
}

/** Programs open a browser by starting `xdg-open`, which here tells this process. */
async function startOpener(open: (url: string) => void) {
  const server = createServer((req, res) => {
    let url = '';
    req.setEncoding('utf8').on('data', (text) => {
      url += text;
    });
    req.once('end', () => {
      res.end();
      open(url);
    });
  });
  const port = await listen(server);
  return { url: `http://127.0.0.1:${port}`, close: () => close(server) };
}

function writeBrowserProgram(bin: string, openerUrl: string): void {
  mkdirSync(bin);
  const path = join(bin, 'xdg-open');
  writeFileSync(
    path,
    `#!${process.execPath}\nfetch('${openerUrl}', { method: 'POST', body: process.argv[2] });\n`,
  );
  chmodSync(path, 0o755);
}
