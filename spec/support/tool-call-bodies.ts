/** Generates messages that may mean one tool to the guard and another to the SDK behind it. */
import fc from 'fast-check';

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
export const toolCallBody: fc.Arbitrary<Text> = fc.oneof(
  { weight: 4, arbitrary: message },
  { weight: 2, arbitrary: fc.array(message, { maxLength: 3 }).map((all) => `[${all.join(',')}]`) },
  { weight: 1, arbitrary: message.map((one) => `\ufeff${one}`) },
);
