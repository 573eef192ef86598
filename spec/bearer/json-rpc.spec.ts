import { describe, expect, it } from '@jest/globals';

import { rpcCalls } from '../../lib/bearer/json-rpc.js';

const call = (name: unknown, more = {}) => ({
  jsonrpc: '2.0',
  id: 1,
  method: 'tools/call',
  params: { name, ...more },
});

describe('what a JSON-RPC body is about to do', () => {
  it('is one call', () => {
    expect(rpcCalls({ jsonrpc: '2.0', id: 1, method: 'tools/list' })).toEqual([
      { method: 'tools/list', tool: undefined },
    ]);
    expect(rpcCalls(call('search'))).toEqual([{ method: 'tools/call', tool: 'search' }]);
  });

  it('RS-25 is every call of a batch', () => {
    expect(rpcCalls([call('public'), call('admin'), { method: 'ping' }])).toEqual([
      { method: 'tools/call', tool: 'public' },
      { method: 'tools/call', tool: 'admin' },
      { method: 'ping', tool: undefined },
    ]);
    expect(rpcCalls([])).toEqual([]);
  });

  it('is nothing where the client answers a request of the server', () => {
    expect(rpcCalls({ jsonrpc: '2.0', id: 1, result: {} })).toEqual([]);
    expect(rpcCalls([{ id: 1, error: {} }, call('x')])).toHaveLength(1);
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['text', 'tools/list'],
    ['a number', 7],
    ['a batch with null in it', [call('x'), null]],
    ['a batch with text in it', ['tools/call']],
    ['a batch in a batch', [[call('x')], 7]],
    ['a method that is no text', { method: 7 }],
    ['a method that is a list', { method: ['tools/call'] }],
  ])('RS-25 is unreadable: %s', (_what, body) => {
    expect(rpcCalls(body)).toBeUndefined();
  });

  it.each<[string, unknown]>([
    ['no parameters', { method: 'tools/call' }],
    ['parameters of null', { method: 'tools/call', params: null }],
    ['parameters as a list', { method: 'tools/call', params: ['admin'] }],
    ['no name', call(undefined)],
    ['a name that is no text', call(7)],
    ['a name in a list', call(['admin'])],
    ['another method', { method: 'prompts/get', params: { name: 'admin' } }],
  ])('names no tool with %s', (_what, body) => {
    expect(rpcCalls(body)?.[0]?.tool).toBeUndefined();
  });

  it('RS-25 names a tool exactly as it is written', () => {
    for (const name of ['Admin', ' admin', 'admin\0', '__proto__', '']) {
      expect(rpcCalls(call(name))?.[0]?.tool).toBe(name);
    }
  });
});
