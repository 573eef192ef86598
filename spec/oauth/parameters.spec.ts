import { describe, expect, it } from '@jest/globals';

import { InvalidRequestError } from '../../lib/oauth/errors.js';
import {
  MAX_PARAMETER_LENGTH,
  optionalParameter,
  type Parameters,
  parametersFromObject,
  parseParameters,
  repeatedParameter,
  requiredParameter,
} from '../../lib/oauth/parameters.js';

/** The same fields, as bytes of ours to read and as an object that another parser made. */
const BOTH_WAYS: [string, (fields: [string, string][]) => Parameters][] = [
  ['text', (fields) => parseParameters(new URLSearchParams(fields).toString())],
  [
    'an object',
    (fields) => {
      const values = new Map<string, string[]>();
      for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
      const flat = [...values].map(([name, all]) => [name, all.length === 1 ? all[0] : all]);
      return parametersFromObject(Object.fromEntries(flat));
    },
  ],
];

describe.each(BOTH_WAYS)('parameters from %s', (_source, parametersOf) => {
  it('R-AZ-8 keep every character', () => {
    const state = 'a+b/c=d%20&?#\'"<>\\ü日🙂~ x';
    expect(optionalParameter(parametersOf([['state', state]]), 'state')).toBe(state);
  });

  it('R-AZ-4 without a value are treated as omitted, also next to one with a value', () => {
    const parameters = parametersOf([
      ['scope', ''],
      ['state', ''],
      ['state', 's'],
    ]);
    expect(parameters.has('scope')).toBe(false);
    expect(optionalParameter(parameters, 'scope')).toBeUndefined();
    expect(optionalParameter(parameters, 'state')).toBe('s');
  });

  it('R-AZ-3 must not repeat, not even with the same value', () => {
    const parameters = parametersOf([
      ['client_id', 'a'],
      ['client_id', 'a'],
    ]);
    for (const read of [optionalParameter, requiredParameter]) {
      expect(() => read(parameters, 'client_id')).toThrow(InvalidRequestError);
      expect(() => read(parameters, 'client_id')).toThrow('client_id must not be repeated');
    }
    expect(repeatedParameter(parameters, 'client_id')).toEqual(['a', 'a']);
  });

  it('R-ERR are named in the error if missing', () => {
    expect(() => requiredParameter(parametersOf([]), 'code')).toThrow(
      'The parameter code is missing',
    );
    expect(repeatedParameter(parametersOf([]), 'resource')).toEqual([]);
  });

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'R-DP-5 know nothing by the name of %s that was not sent',
    (name) => {
      expect(optionalParameter(parametersOf([['a', 'b']]), name)).toBeUndefined();
    },
  );

  it.each(['\0', '\t', '\n', '\r\n', '\u001b[31m', '\u007f'])(
    'refuse the control character in %j',
    (text) => {
      const parameters = parametersOf([['state', `a${text}b`]]);
      expect(() => optionalParameter(parameters, 'state')).toThrow('contains a control character');
      expect(() => repeatedParameter(parameters, 'state')).toThrow(InvalidRequestError);
    },
  );

  it('parity 4.9 have a maximum length', () => {
    const longest = 'x'.repeat(MAX_PARAMETER_LENGTH);
    const parameters = parametersOf([
      ['state', longest],
      ['scope', `${longest}x`],
    ]);
    expect(optionalParameter(parameters, 'state')).toBe(longest);
    expect(() => optionalParameter(parameters, 'scope')).toThrow('scope is too long');
  });

  it('R-AZ-4 are checked when they are read only', () => {
    const parameters = parametersOf([
      ['unknown', 'a\0'],
      ['unknown', 'x'.repeat(MAX_PARAMETER_LENGTH + 1)],
      ['a', 'b'],
    ]);
    expect(optionalParameter(parameters, 'a')).toBe('b');
  });
});

describe('parameters from text', () => {
  it.each([
    ['', 'a', undefined],
    ['&&&', 'a', undefined],
    ['=b', 'a', undefined],
    ['a', 'a', undefined],
    ['a=b=c', 'a', 'b=c'],
    ['a=%zz', 'a', '%zz'],
    ['a=1&a[b]=2', 'a', '1'],
    ['%61=b', 'a', 'b'],
  ])('of %j: %s is %j', (text, name, value) => {
    expect(optionalParameter(parseParameters(text), name)).toBe(value);
  });
});

describe('parameters from an object', () => {
  it.each<[string, object]>([
    ['nesting', { client_id: { a: '1' } }],
    ['nesting in a list', { client_id: ['a', { b: 'c' }] }],
    ['a list in a list', { client_id: [['a']] }],
    ['a number', { client_id: 1 }],
    ['null', { client_id: null }],
    ['a truth value', { client_id: true }],
  ])('R-DP-5 reject %s', (_what, body) => {
    expect(() => parametersFromObject(body)).toThrow(InvalidRequestError);
  });

  it('R-DP-5 include own properties only, of any name', () => {
    const body: object = JSON.parse('{"__proto__":"x","constructor":"y"}');
    const parameters = parametersFromObject(Object.assign(Object.create({ inherited: 'z' }), body));
    expect(optionalParameter(parameters, 'inherited')).toBeUndefined();
    expect(optionalParameter(parametersFromObject(body), '__proto__')).toBe('x');
    expect(optionalParameter(parametersFromObject(body), 'constructor')).toBe('y');
    expect(parametersFromObject(Object.create(null)).size).toBe(0);
  });

  it('treat an empty array as omitted', () => {
    expect(parametersFromObject({ a: [], b: ['', ''] }).size).toBe(0);
  });
});
