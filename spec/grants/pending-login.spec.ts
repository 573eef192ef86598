import { describe, expect, it } from '@jest/globals';

import { pendingLoginOf } from '../../lib/grants/pending-login.js';
import { InvalidRequestError } from '../../lib/oauth/errors.js';

const request = { clientId: 'client' };

describe('what a login is for', () => {
  it.each([
    [{ purpose: 'client', request }],
    [{ purpose: 'connected_apps', reauthenticate: false }],
    [{ purpose: 'connected_apps', reauthenticate: true }],
  ])('%j is read as it was written', (pending) => {
    expect(pendingLoginOf(JSON.parse(JSON.stringify(pending)))).toEqual(pending);
  });

  it.each([
    undefined,
    null,
    '',
    'client',
    1,
    true,
    [],
    ['client'],
    {},
    request,
    { purpose: 'client' },
    { purpose: 'client', request: null },
    { purpose: 'client', request: [] },
    { purpose: 'client', request: 'x' },
    { purpose: 'client', reauthenticate: true },
    { purpose: 'client', request, reauthenticate: true },
    { purpose: 'connected_apps' },
    { purpose: 'connected_apps', request },
    { purpose: 'connected_apps', reauthenticate: 'true' },
    { purpose: 'connected_apps', reauthenticate: true, request },
    { purpose: 'Client', request },
    { purpose: ['client'], request },
    JSON.parse('{"__proto__": {"purpose": "client"}, "request": {}}'),
  ])('%j is for nothing', (pending) => {
    expect(() => pendingLoginOf(pending)).toThrow(InvalidRequestError);
  });
});
