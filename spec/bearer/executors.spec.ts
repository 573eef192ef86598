/** The SDK behind the guard executes what the guard judged, with every zod that the SDK may be run with. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

import fc from 'fast-check';

import { FUZZ_SEED } from '../fuzz/property.js';
import { type Executor, PAIRS_IN_THIS_MODE, startExecutor } from '../support/executors.js';
import { isLong } from '../support/mode.js';
import { toolCallBody } from '../support/tool-call-bodies.js';

/** Generated bodies for each pair. */
const INPUTS = isLong ? 5000 : 200;

const call = (params: string, rest = ''): string =>
  `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":${params}${rest}}`;
const PUBLIC = call('{"name":"public_tool","arguments":{}}');
const WRITE = call('{"name":"write_file","arguments":{}}');

/** Two readers may differ about each of these: about what is called, or whether anything is. */
const AMBIGUOUS: readonly (readonly [what: string, body: string])[] = [
  ['the name in __proto__', call('{"__proto__":{"name":"write_file","arguments":{}}}')],
  ['the name in an escaped __proto__', call('{"\\u005f_proto__":{"name":"write_file"}}')],
  ['__proto__ beside a name', call('{"name":"public_tool","__proto__":{"name":"write_file"}}')],
  ['the parameters in __proto__', call('{}', ',"__proto__":{"params":{"name":"write_file"}}')],
  [
    'the parameters in __proto__ only',
    `${WRITE.replace('"params":{', '"__proto__":{"params":{')}}`,
  ],
  ['another method in __proto__', `{"__proto__":${WRITE},"jsonrpc":"2.0","id":1,"method":"ping"}`],
  ['everything in __proto__', `{"jsonrpc":"2.0","id":1,"__proto__":${WRITE}}`],
  ['constructor', call('{"name":"public_tool","constructor":{"name":"write_file"}}')],
  ['prototype', call('{"name":"public_tool"}', ',"prototype":{}')],
  ['no parameters', '{"jsonrpc":"2.0","id":1,"method":"tools/call"}'],
  ['parameters of null', call('null')],
  ['parameters as a list', call('["write_file"]')],
  ['parameters in a list', call('[{"name":"write_file","arguments":{}}]')],
  ['no name', call('{"arguments":{"name":"write_file"}}')],
  ['a name of null', call('{"name":null}')],
  ['a name that is a number', call('{"name":7}')],
  ['a name in a list', call('{"name":["write_file"]}')],
  ['a name in an object', call('{"name":{"name":"write_file"}}')],
  ['Name beside name', call('{"name":"public_tool","Name":"write_file"}')],
  ['NAME alone', call('{"NAME":"write_file"}')],
  ['Params beside params', call('{"name":"public_tool"}', ',"Params":{"name":"write_file"}')],
  ['a key that folds to params', call('{"name":"public_tool"}', ',"paramſ":{"name":"write_file"}')],
  ['Method beside method', call('{"name":"write_file"}').replace('{', '{"Method":"ping",')],
  ['a method in a list', call('{"name":"write_file"}').replace('"tools/call"', '["tools/call"]')],
  ['a call that is a response too', call('{"name":"write_file"}', ',"result":{}')],
  ['a call that is an error too', call('{"name":"public_tool"}', ',"error":{}')],
  ['a response with result and error', '{"jsonrpc":"2.0","id":1,"result":{},"error":{}}'],
  ['a batch in a batch', `[[${WRITE}]]`],
  ['null in a batch', `[${PUBLIC},null]`],
  ['text', '"tools/call"'],
];

describe.each(PAIRS_IN_THIS_MODE)('%s with %s %s', (...pair) => {
  let executor: Executor;
  beforeAll(async () => {
    executor = await startExecutor(pair);
  }, 60_000);
  afterAll(() => executor.close());

  it('without a guard runs the tool in __proto__, if its SDK validates with a zod from 3.25 to 4.3', async () => {
    const { token, post, ran } = executor;
    const [[, body = ''] = []] = AMBIGUOUS;
    await post('/bare', token, body);
    const [sdk, zod] = pair;
    const isFooled = !/^sdk-1\.[12][02]|^sdk-1\.17/.test(sdk) && zod !== 'zod';
    expect((await ran()).ran).toEqual(isFooled ? ['write_file'] : []);
  });

  it('runs what the token covers, and nothing else', async () => {
    const { token, writer, post, ran } = executor;
    expect([(await post('/mcp', token, PUBLIC)).status, (await ran()).ran]).toEqual([
      200,
      ['public_tool'],
    ]);
    expect([(await post('/mcp', token, WRITE)).status, (await ran()).ran]).toEqual([403, []]);
    expect([(await post('/mcp', writer, WRITE)).status, (await ran()).ran]).toEqual([
      200,
      ['write_file'],
    ]);
  });

  it('FA-1 RS-25 never receives a message that two readers may interpret differently', async () => {
    const { token, writer, post, ran } = executor;
    for (const [what, body] of AMBIGUOUS) {
      const inBatch = body.startsWith('[') ? body : `[${PUBLIC},${body}]`;
      for (const [path, sent] of [
        ['/mcp', body],
        ['/mcp', inBatch],
        ['/copy', body],
      ] as const) {
        for (const bearer of [token, writer]) {
          const { status, text } = await post(path, bearer, sent);
          expect([what, path, status, JSON.parse(text)]).toEqual([
            what,
            path,
            400,
            { jsonrpc: '2.0', error: { code: -32600, message: 'Invalid Request' }, id: null },
          ]);
        }
      }
    }
    expect(await ran()).toEqual({ ran: [], judged: [] });
  });

  it('FA-1 runs the last of two names, which is the one that was checked', async () => {
    const { token, post, ran } = executor;
    const hidden = call('{"name":"public_tool","arguments":{},"n\\u0061me":"write_file"}');
    expect([(await post('/mcp', token, hidden)).status, (await ran()).ran]).toEqual([403, []]);
    const shown = call('{"name":"write_file","arguments":{},"n\\u0061me":"public_tool"}');
    await post('/mcp', token, shown);
    expect((await ran()).ran).toEqual(['public_tool']);
  });

  it('FA-1 receives arguments of any name: they belong to the tool', async () => {
    const { token, post, ran } = executor;
    for (const argument of ['constructor', 'prototype', '__proto__', 'Name']) {
      const given = `{"name":"public_tool","arguments":{"${argument}":{"name":"write_file"}}}`;
      await post('/mcp', token, call(given));
      const { ran: executed, judged } = await ran();
      expect([argument, judged]).toEqual([argument, ['public_tool']]);
      expect(executed).not.toContain('write_file');
    }
  });

  it(
    'FA-1 RS-25 runs what was checked, and only what the token covers, for any body',
    async () => {
      const { token, post, ran } = executor;
      let executed = 0;
      const path = fc.constantFrom('/mcp', '/mcp', '/copy');
      await fc.assert(
        fc.asyncProperty(toolCallBody, path, async (text, at) => {
          const { status } = await post(at, token, text);
          expect(status).toBeLessThan(500);
          const seen = await ran();
          expect(seen.ran).not.toContain('write_file');
          // One by one: a tool that ran once had to be judged once.
          const left = [...seen.judged];
          for (const tool of seen.ran) {
            expect(left).toContain(tool);
            left.splice(left.indexOf(tool), 1);
          }
          executed += seen.ran.length;
        }),
        { seed: FUZZ_SEED, numRuns: INPUTS },
      );
      expect(executed).toBeGreaterThan(0);
    },
    30_000 + INPUTS * 50,
  );
});
