/**
 * Bodies that pretend to be an open call.
 *
 * Whatever the host's route gets to see without a token has to be a call that `anonymous` opens, as
 * the route reads it.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import express, { type Express, type RequestHandler } from 'express';
import fc from 'fast-check';
import { isLong } from '../support/mode.js';
import { startWorld, type World } from '../support/world.js';
import { FUZZ_SEED } from './property.js';
import { sendRaw } from './socket.js';

/** Bodies tried, over all hosts. */
const INPUTS = isLong ? 20_000 : 1000;

const OPEN_METHODS = ['initialize', 'tools/list'];
const OPEN_TOOLS = ['search_docs'];

const HOSTS: Readonly<Record<string, (app: Express) => void>> = {
  'parses after the guard': () => {},
  'parses before the guard': (app) => app.use(express.json({ strict: false })),
  'parses everything as a form before the guard': (app) =>
    app.use(express.urlencoded({ extended: true, type: () => true })),
  'reads text before the guard': (app) => app.use(express.text({ type: () => true })),
};

const method = fc.constantFrom<unknown>(
  'initialize',
  'tools/list',
  'tools/call',
  'tools/call ',
  'Tools/Call',
  'tools\u0000/call',
  'notifications/initialized',
  'notifications/../tools/call',
  'resources/list',
  '__proto__',
  '',
  null,
  0,
  ['tools/list'],
  { toString: 'tools/list' },
);
const name = fc.constantFrom<unknown>(
  'search_docs',
  'delete_file',
  'search_docs ',
  'Search_Docs',
  '__proto__',
  'constructor',
  '',
  null,
  ['search_docs'],
  { name: 'search_docs' },
);
const params = fc.oneof(
  fc.record({ name }),
  fc.record({ name, arguments: fc.constantFrom({}, null, { name: 'search_docs' }) }),
  // An own key, as JSON.parse makes it: an object literal would set the prototype.
  fc.record({ ['__proto__']: fc.record({ name }), constructor: fc.constantFrom(undefined, {}) }),
  fc.constantFrom<unknown>(null, [], ['search_docs'], 'search_docs', undefined),
);
const message = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ jsonrpc: fc.constant('2.0'), id: fc.nat(9), method, params }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ jsonrpc: fc.constant('2.0'), id: fc.nat(9), result: params }),
  },
  { weight: 1, arbitrary: fc.jsonValue({ maxDepth: 2 }) },
);
const json = fc.oneof(
  { weight: 3, arbitrary: message },
  { weight: 2, arbitrary: fc.array(message, { maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(fc.array(message, { maxLength: 2 }), { maxLength: 2 }) },
);

/** As it is, or with a second `method` or `params` put in front or behind, or as a form. */
const body = fc.tuple(json, fc.nat(9), method, name).map(([value, how, other, tool]) => {
  const text = JSON.stringify(value) ?? '';
  const more = `"method":${JSON.stringify(other)},"params":{"name":${JSON.stringify(tool)}}`;
  if (how === 0) return text.replace('{', `{${more},`);
  if (how === 1) return text.replace(/\}$/, `,${more}}`);
  if (how === 2) return text.replace('"method"', '"__proto__":{"method":"tools/list"},"method"');
  if (how === 3) return text.replace('"method"', '"\\u006dethod"');
  if (how === 4) return `\ufeff${text}`;
  if (how === 5) return `method=tools%2Flist&x=${encodeURIComponent(text)}`;
  return text;
});

const contentType = fc.constantFrom(
  'application/json',
  'application/json',
  'application/json; charset=utf-8',
  'application/json; charset=utf-16',
  'application/vnd.x+json',
  'application/x-www-form-urlencoded',
  'text/plain',
  'application/json, text/plain',
  '',
);
const headers = fc.constantFrom<readonly (readonly [string, string])[]>(
  [],
  [['Mcp-Method', 'tools/list']],
  [
    ['Mcp-Method', 'tools/call'],
    ['Mcp-Name', 'search_docs'],
  ],
  [['X-HTTP-Method-Override', 'GET']],
  [['Content-Encoding', 'gzip']],
);

/** Whether a body, as the route has it, calls nothing but what is open. */
function isOpen(seen: unknown): boolean {
  const messages: unknown[] = Array.isArray(seen) ? seen : [seen];
  return messages.every((one) => {
    if (typeof one !== 'object' || one === null) return false;
    const { method: called, params: given } = one as { method?: unknown; params?: unknown };
    if (called === undefined) return true;
    if (called === 'tools/call') {
      const tool = (given as { name?: unknown } | null | undefined)?.name;
      return OPEN_TOOLS.some((open) => open === tool);
    }
    return (
      typeof called === 'string' &&
      (OPEN_METHODS.includes(called) || called.startsWith('notifications/'))
    );
  });
}

describe.each(Object.entries(HOSTS))('calls without a token, where the app %s', (_title, host) => {
  let world: World;
  let seen: unknown[] = [];
  let open = 0;
  beforeAll(async () => {
    const route: RequestHandler = function mcp(req, res) {
      if (req.auth === undefined) seen.push(req.body);
      res.json({ result: {} });
    };
    world = await startWorld({
      options: {
        anonymous: { methods: OPEN_METHODS, tools: OPEN_TOOLS },
        toolScopes: { delete_file: ['files:write'] },
      },
      before(app) {
        app.set('trust proxy', true);
        host(app);
      },
      mount: (app, auth) => app.use(auth).all('/mcp', express.json({ strict: false }), route),
    });
  });
  afterAll(() => world.close());

  it(
    'RS-25 only open calls reach the route',
    async () => {
      let sent = 0;
      await fc.assert(
        fc.asyncProperty(body, contentType, headers, async (text, type, extra) => {
          seen = [];
          sent += 1;
          const address = [10, sent >> 16, (sent >> 8) & 255, sent & 255].join('.');
          const own = [
            ['X-Forwarded-For', address],
            ['Content-Type', type],
          ] as const;
          const request = {
            method: 'POST',
            target: '/mcp',
            headers: [...own, ...extra],
            body: text,
          };
          const { status } = await sendRaw(world.origin, request);
          expect(status).toBeLessThan(500);
          expect(seen.filter((one) => !isOpen(one))).toEqual([]);
          open += seen.length;
        }),
        { seed: FUZZ_SEED, numRuns: Math.ceil(INPUTS / Object.keys(HOSTS).length) },
      );
      expect(open).toBeGreaterThan(0);
    },
    20_000 + INPUTS * 10,
  );
});
