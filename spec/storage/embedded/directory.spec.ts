import { describe, expect, it } from '@jest/globals';

import { dataDirectory, directoryName } from '../../../lib/storage/embedded/directory.js';

describe('dataDirectory()', () => {
  const homedir = '/home/ada';

  it.each([
    ['XDG_DATA_HOME', { platform: 'linux', homedir, xdgDataHome: '/data' }, '/data'],
    ['~/.local/share', { platform: 'linux', homedir }, '/home/ada/.local/share'],
    [
      'the default for a relative XDG_DATA_HOME',
      { platform: 'linux', homedir, xdgDataHome: 'data' },
      '/home/ada/.local/share',
    ],
    [
      'Application Support on macOS',
      { platform: 'darwin', homedir: '/Users/ada' },
      '/Users/ada/Library/Application Support',
    ],
  ] as const)('is below %s', (_, input, parent) => {
    expect(dataDirectory(input)).toBe(`${parent}/express-auth0-mcp`);
  });

  it('is below LOCALAPPDATA on Windows', () => {
    const input = { platform: 'win32', homedir: 'C:\\Users\\ada' } as const;
    const expected = 'C:\\Users\\ada\\AppData\\Local\\express-auth0-mcp';
    expect(dataDirectory(input)).toBe(expected);
    const localAppData = 'D:\\Local';
    expect(dataDirectory({ ...input, localAppData })).toBe('D:\\Local\\express-auth0-mcp');
  });
});

describe('directoryName()', () => {
  it('is a plain file name with a readable beginning', () => {
    expect(directoryName('https://auth.example.com/../x|abc')).toMatch(
      /^auth-example-com-x-abc-[0-9a-f]{12}$/,
    );
    expect(directoryName('日本')).toMatch(/^[0-9a-f]{12}$/);
    expect(directoryName('a'.repeat(500)).length).toBeLessThan(64);
  });

  it('differs for names that differ only in case or in one character', () => {
    const names = ['a-b', 'a_b', 'A-B', 'a--b', 'https://a-b'].map(directoryName);
    expect(new Set(names).size).toBe(names.length);
  });
});
