/**
 * Messages that may mean one tool to the guard and another to what executes them.
 *
 * Guard and executor run side by side in a process of their own; whatever ran has to be what was judged,
 * and nothing that the token does not cover.
 */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';

import { type Executor, PAIRS_IN_THIS_MODE, startExecutor } from '../support/executors.js';
import { FUZZ_SEED } from './property.js';

/** JSON text, so that there may be keys twice, escapes, and `__proto__` as a key of its own. */
type Text = string;

const value: fc.Arbitrary<Text> = fc.constantFrom(
  '"write_file"',
  '"public_tool"',
  '"write\\u005ffile"',
  '"write_file "',
  '"__proto__"',
  '["write_file"]',
  '{"name":"write_file"}',
  '{"toString":"write_file"}',
  'null',
  '7',
  '{}',
  '[]',
);
const key = (...names: string[]): fc.Arbitrary<Text> =>
  fc.constantFrom(...names, '__proto__', '\\u005f_proto__', '__prot\\u006f__', 'constructor', 'x');
const object = (members: fc.Arbitrary<readonly (readonly [Text, Text])[]>): fc.Arbitrary<Text> =>
  members.map((all) => `{${all.map(([name, text]) => `"${name}":${text}`).join(',')}}`);
const membersOf = (
  keys: fc.Arbitrary<Text>,
  values: fc.Arbitrary<Text>,
  maxLength: number,
): fc.Arbitrary<readonly (readonly [Text, Text])[]> =>
  fc.array(fc.tuple(keys, values), { maxLength });

const call = '{"name":"write_file","arguments":{}}';
const nested = fc.oneof(
  { weight: 3, arbitrary: value },
  { weight: 2, arbitrary: fc.constant(call) },
  { weight: 1, arbitrary: object(membersOf(key('name', 'arguments'), value, 2)) },
);
const params = fc.oneof(
  {
    weight: 6,
    arbitrary: object(
      membersOf(key('name', 'n\\u0061me', 'Name', 'arguments', '_meta'), nested, 4),
    ),
  },
  { weight: 3, arbitrary: fc.constantFrom('{"name":"public_tool"}', '{"name":"write_file"}') },
  { weight: 1, arbitrary: nested },
);
const method = fc.constantFrom(
  '"tools/call"',
  '"tools/call"',
  '"tools\\/call"',
  '"tools/list"',
  '["tools/call"]',
);
const message = fc
  .tuple(
    method,
    params,
    fc.oneof(
      { weight: 2, arbitrary: fc.constant([]) },
      {
        weight: 1,
        arbitrary: membersOf(
          key('method', 'params', 'Params', 'result', 'error', 'id'),
          fc.oneof(method, params, fc.constant(`{"method":"tools/call","params":${call}}`)),
          2,
        ),
      },
    ),
    fc.boolean(),
    fc.constantFrom('1', '"a"', 'null', ''),
  )
  .map(([called, given, more, isMoreFirst, id]) => {
    const own = ['"jsonrpc":"2.0"', ...(id === '' ? [] : [`"id":${id}`])];
    own.push(`"method":${called}`, `"params":${given}`);
    const further = more.map(([name, text]) => `"${name}":${text}`);
    return `{${(isMoreFirst ? [...further, ...own] : [...own, ...further]).join(',')}}`;
  });
const body = fc.oneof(
  { weight: 4, arbitrary: message },
  { weight: 2, arbitrary: fc.array(message, { maxLength: 3 }).map((all) => `[${all.join(',')}]`) },
  { weight: 1, arbitrary: message.map((one) => `\ufeff${one}`) },
);

/** @param inputs how many bodies are tried with each pair */
export function toolNames(inputs: number): void {
  describe.each(PAIRS_IN_THIS_MODE)('bodies of any kind before %s with %s %s', (...pair) => {
    let executor: Executor;
    beforeAll(async () => {
      executor = await startExecutor(pair);
    }, 60_000);
    afterAll(() => executor.close());

    it(
      'FA-1 RS-25 run what was judged, and only what the token covers',
      async () => {
        const { token, post, ran } = executor;
        let executed = 0;
        await fc.assert(
          fc.asyncProperty(body, fc.constantFrom('/mcp', '/mcp', '/copy'), async (text, path) => {
            const { status } = await post(path, token, text);
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
          { seed: FUZZ_SEED, numRuns: inputs },
        );
        expect(executed).toBeGreaterThan(0);
      },
      30_000 + inputs * 50,
    );
  });
}
