import { describe, expect, it } from '@jest/globals';

import { rpcCalls } from '../../lib/bearer/json-rpc.js';

const call = (name: unknown, more = {}) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, ...more },
});

describe('the calls of a JSON-RPC body', () => {
  it('are one for a message', () => {
    expect(rpcCalls({ jsonrpc: '2.0', id: 1, method: 'tools/list' })).toEqual([
      { method: 'tools/list', tool: undefined },
    ]);
    expect(rpcCalls(call('search'))).toEqual([{ method: 'tools/call', tool: 'search' }]);
  });

  it('RS-25 are all of a batch', () => {
    expect(rpcCalls([call('public'), call('admin'), { method: 'ping' }])).toEqual([
      { method: 'tools/call', tool: 'public' },
      { method: 'tools/call', tool: 'admin' },
      { method: 'ping', tool: undefined },
    ]);
    expect(rpcCalls([])).toEqual([]);
  });

  it('are none for a response to the server', () => {
    expect(rpcCalls({ jsonrpc: '2.0', id: 1, result: {} })).toEqual([]);
    expect(rpcCalls([{ id: 1, error: {} }, call('x')])).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'tools/list'],
    ['a number', 7],
    ['bytes', Buffer.from('{"method":"tools/call"}')],
    ['an object with nothing in it', {}],
    ['a batch with null in it', [call('x'), null]],
    ['a batch with a hole in it', Object.assign([call('x')], { length: 2 })],
    ['a batch with text in it', ['tools/call']],
    ['a batch in a batch', [[call('x')], 7]],
    ['a method that is no text', { method: 7 }],
    ['a method that is a list', { method: ['tools/call'] }],
    ['a method that is a String', { method: Object('tools/call') }],
    ['a method that is inherited', Object.create(call('x'))],
    ['a call that is a response too', { ...call('x'), result: {} }],
    ['a call that is an error too', { ...call('x'), error: undefined }],
    ['a response and an error', { id: 1, result: {}, error: {} }],
    ['a key __proto__', JSON.parse('{"method":"ping","__proto__":{}}')],
    ['a key constructor in parameters', { method: 'ping', params: { constructor: {} } }],
    ['a key prototype in parameters', { method: 'ping', params: { prototype: 1 } }],
    ['a key in capitals', { method: 'ping', METHOD: 'tools/call' }],
    ['a key with a letter that folds to s', { method: 'ping', reſult: {} }],
    ['parameters as a list', { method: 'ping', params: [] }],
    ['parameters as text', { method: 'ping', params: 'x' }],
  ])('FA-1 RS-25 cannot be read, and are rejected: %s', (_what, body) => {
    expect(() => rpcCalls(body)).toThrow(expect.objectContaining({ status: 400, rpcCode: -32600 }));
  });

  it.each<[string, unknown]>([
    ['no parameters', { method: 'tools/call' }],
    ['parameters of null', { method: 'tools/call', params: null }],
    ['no name', { method: 'tools/call', params: {} }],
    ['a name that is undefined', call(undefined)],
    ['a name that is inherited', { method: 'tools/call', params: Object.create({ name: 'x' }) }],
    ['a name that is no text', call(7)],
    ['a name in a list', call(['admin'])],
    ['a name that is a String', call(Object('admin'))],
    ['a second name in capitals', call('x', { Name: 'admin' })],
    ['a name in capitals', { method: 'tools/call', params: { NAME: 'admin' } }],
  ])('FA-1 are rejected for a tool call with %s', (_what, body) => {
    expect(() => rpcCalls(body)).toThrow(/Invalid Request/);
  });

  it.each<[string, unknown]>([
    ['without parameters', { method: 'prompts/list' }],
    ['with parameters of null', { method: 'prompts/list', params: null }],
    ['with a name', { method: 'prompts/get', params: { name: 'admin', Name: 'x' } }],
  ])('name no tool for another method, %s', (_what, body) => {
    expect(rpcCalls(body)).toEqual([{ method: expect.any(String), tool: undefined }]);
  });

  it('FA-1 accept arguments of any name', () => {
    const given = JSON.parse('{"constructor":1,"prototype":2,"__proto__":{"name":"x"},"Name":3}');
    expect(rpcCalls(call('search', { arguments: given }))[0]?.tool).toBe('search');
  });

  it('RS-25 name a tool exactly as written', () => {
    for (const name of ['Admin', ' admin', 'admin\0', '__proto__', '']) {
      expect(rpcCalls(call(name))[0]?.tool).toBe(name);
    }
  });
});
