/**
 * A client and a person who do not give up: what fails on the network is sent again as it was, what
 * is answered 503 again a little later. Nobody begins a new login unless told that there is no other way.
 */
import { setTimeout as pause } from 'node:timers/promises';

import { approve, type Browser, createBrowser, type Page } from '../../lib/testing/browser.js';
import { ADA } from '../../lib/testing/options.js';
import { type Answer, callTool, isConsentPage, type OAuthClient } from './oauth-client.js';

/** What happened, all clients together. */
export interface Tally {
  logins: number;
  exchanges: number;
  refreshes: number;
  toolCalls: number;
  /** Requests sent again, by step and reason. */
  repeats: Record<string, number>;
  /** Logins that had to be done once more, by reason. */
  forced: Record<string, number>;
  /** The same, where nobody was there to answer for as long as a code lives. */
  late: Record<string, number>;
  /** Answers nobody should ever see, in words. */
  wrong: string[];
}

export function newTally(): Tally {
  return {
    ...{ logins: 0, exchanges: 0, refreshes: 0, toolCalls: 0 },
    ...{ repeats: {}, forced: {}, late: {}, wrong: [] },
  };
}

/** Longest patience for one step, in milliseconds: a restart takes a part of it. */
const PATIENCE_MS = 180_000;
const PAUSE_MS = 150;
const CODE_LIFE_MS = 50_000;

/** A client with its person. */
export interface PersistentClient {
  /** Consent, login and code exchange, as often as it takes. */
  logIn(): Promise<void>;
  /** Once; a new login if the server says that the old one is over. */
  refresh(): Promise<void>;
  callTool(name?: string): Promise<void>;
  /** Sends every code it ever redeemed once more. Gives how many were honoured. */
  replayCodes(): Promise<number>;
}

export function persistentClient(mcp: string, client: OAuthClient, tally: Tally): PersistentClient {
  const browser = createBrowser();
  const codes: string[] = [];
  let tokens: Record<string, unknown> = {};

  const repeat = async <T>(step: string, send: () => Promise<T>): Promise<T> => {
    const giveUpAt = Date.now() + PATIENCE_MS;
    for (;;) {
      const response = await send().catch((error: unknown) => {
        if (Date.now() > giveUpAt) throw error;
        return undefined;
      });
      const isRefused = (response as { status?: number } | undefined)?.status === 503;
      if (response !== undefined && !isRefused) return response;
      if (Date.now() > giveUpAt) throw new Error(`${step}: no answer in ${PATIENCE_MS} ms`);
      note(tally.repeats, `${step}: ${isRefused ? 503 : 'no answer'}`);
      await pause(PAUSE_MS);
    }
  };

  async function exchange(code: string): Promise<boolean> {
    const beganAt = Date.now();
    const { status, body } = await repeat('code exchange', () => client.redeem(code));
    if (status === 200) {
      codes.push(code);
      tokens = body;
      tally.exchanges += 1;
      return true;
    }
    // A code lives for a minute: servers that are away for as long cost a login.
    const isTooLate = Date.now() - beganAt > CODE_LIFE_MS;
    note(isTooLate ? tally.late : tally.forced, `code exchange: ${status} ${body.error}`);
    return false;
  }

  const self: PersistentClient = {
    async logIn() {
      for (;;) {
        const code = await codeByBrowser(browser, client, repeat, tally);
        if (code !== undefined && (await exchange(code))) break;
      }
      tally.logins += 1;
    },
    async refresh() {
      const response = await repeat('refresh', () => client.refresh(tokens.refresh_token));
      if (response.status === 200) {
        tokens = response.body;
        tally.refreshes += 1;
        return;
      }
      note(tally.forced, `refresh: ${response.status} ${response.body.error}`);
      await self.logIn();
    },
    async callTool(name = 'whoami') {
      const send = async (): Promise<Answer> => {
        const response = await callTool(mcp, tokens.access_token, name);
        // In a tool, what would be 503 is an error of the tool.
        const isOutage = JSON.stringify(response.body).includes('cannot be reached at the moment');
        return isOutage ? { ...response, status: 503 } : response;
      };
      const response = await repeat('tool call', send);
      tally.toolCalls += 1;
      const text = JSON.stringify(response.body);
      if (response.status === 401 || text.includes('The login has ended')) {
        note(tally.forced, 'tool call: login ended');
        await self.logIn();
        await self.callTool(name);
        return;
      }
      const isRight =
        response.status === 200 && text.includes('content') && !text.includes('isError');
      if (!isRight) tally.wrong.push(`tool call: ${response.status} ${text.slice(0, 200)}`);
    },
    async replayCodes() {
      let honoured = 0;
      for (const code of codes) {
        const { status } = await repeat('replay', () => client.redeem(code));
        if (status === 200) honoured += 1;
      }
      return honoured;
    },
  };
  return self;
}

type Repeat = <T>(step: string, send: () => Promise<T>) => Promise<T>;

/** From the authorization request to the code, one hop at a time, each reloaded until it comes. */
async function codeByBrowser(
  browser: Browser,
  client: OAuthClient,
  repeat: Repeat,
  tally: Tally,
): Promise<string | undefined> {
  const stopBefore = (): boolean => true;
  let page: Page = await repeat('authorize', () => browser.get(client.authorizeUrl()));
  for (let hops = 0; hops < 30; hops += 1) {
    const here = page;
    if (here.next?.href.startsWith(client.redirectUri)) {
      const error = here.next.searchParams.get('error');
      if (error !== null) note(tally.forced, `login: ${error}`);
      return here.next.searchParams.get('code') ?? undefined;
    }
    if (here.next !== undefined) {
      const { next } = here;
      page = await repeat(stepOf(next), () => reload(browser, next));
    } else if (isConsentPage(here)) {
      page = await repeat('consent', () => approve(browser, here, { stopBefore }));
    } else if (here.body.includes('name="password"')) {
      const button = { name: 'action', value: 'continue' };
      const fields = { username: ADA.email, password: ADA.password };
      const logIn = () => browser.submit(here, fields, { button, stopBefore });
      page = await repeat('Auth0 login', logIn);
    } else if (signInLink(here) !== undefined) {
      // The decision counted, but the process died before its response: the page leads on to the login it began.
      note(tally.repeats, 'consent: answered before');
      const link = signInLink(here) ?? '';
      page = await repeat('sign in', () => browser.get(link));
    } else {
      note(tally.forced, `${stepOf(here.url)}: ${here.status}`);
      return undefined;
    }
  }
  throw new Error('the login goes round in circles');
}

/** A person who sees that a login is over tries the same address twice more before beginning anew. */
async function reload(browser: Browser, url: URL): Promise<Page> {
  let page = await browser.get(url);
  for (let again = 0; again < 2 && page.status === 400; again += 1) {
    await pause(1_200);
    page = await browser.get(url);
  }
  return page;
}

/** Where the page for a form that was submitted before leads while its login waits. */
function signInLink({ body }: Page): string | undefined {
  const href = /<a class="button" href="([^"]+)"[^>]*>Sign in</.exec(body)?.[1];
  return href?.replaceAll('&amp;', '&');
}

function stepOf({ pathname }: URL): string {
  return pathname;
}

function note(counts: Record<string, number>, what: string): void {
  counts[what] = (counts[what] ?? 0) + 1;
}
