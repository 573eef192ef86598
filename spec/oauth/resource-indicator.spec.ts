import { describe, expect, it } from '@jest/globals';

import { InvalidTargetError } from '../../lib/oauth/errors.js';
import { checkResource } from '../../lib/oauth/resource-indicator.js';

const OURS = 'https://mcp.example/mcp';

describe('resource indicators', () => {
  it.each<[string, string[]]>([
    ['AS-26 none', []],
    ['AS-24 ours', [OURS]],
    ['AS-24 ours with a slash', [`${OURS}/`]],
    ['RS-5 ours with a query', [`${OURS}?x=y`]],
    ['RS-19 scheme and host in capitals', ['HTTPS://MCP.Example/mcp']],
    ['the default port', ['https://mcp.example:443/mcp']],
    ['AS-24 the origin', ['https://mcp.example']],
    ['AS-24 the origin with a slash', ['https://mcp.example/']],
    ['several, all ours', [OURS, 'https://mcp.example/']],
  ])('name this resource: %s', (_what, sent) => {
    expect(() => checkResource(sent, OURS)).not.toThrow();
  });

  it.each<[string, string[]]>([
    ['R-AZ-15 another host', ['https://other.example/mcp']],
    ['R-AZ-15 one of two', [OURS, 'https://other.example/mcp']],
    ['R-AZ-15 a fragment', [`${OURS}#x`]],
    ['R-AZ-15 an empty fragment', [`${OURS}#`]],
    ['R-AZ-15 a path', ['/mcp']],
    ['R-AZ-15 a host alone', ['mcp.example/mcp']],
    ['R-AZ-15 no URI', ['mcp']],
    ['a host that starts like ours', ['https://mcp.example.evil.test/mcp']],
    ['a sub-domain', ['https://x.mcp.example/mcp']],
    ['http for https', ['http://mcp.example/mcp']],
    ['another port', ['https://mcp.example:8443/mcp']],
    ['another path', ['https://mcp.example/other']],
    ['a longer path', [`${OURS}/tools`]],
    ['a path in another case', ['https://mcp.example/MCP']],
    ['a doubled slash', ['https://mcp.example//mcp']],
    ['a user', ['https://a@mcp.example/mcp']],
    ['a password', ['https://:b@mcp.example/mcp']],
    ['an encoded letter', ['https://mcp.example/%6dcp']],
  ])('name another resource: %s', (_what, sent) => {
    expect(() => checkResource(sent, OURS)).toThrow(InvalidTargetError);
  });

  it('work below a prefix, at the root and on loopback', () => {
    expect(() =>
      checkResource(['https://x.example/api/mcp/'], 'https://x.example/api/mcp'),
    ).not.toThrow();
    expect(() => checkResource(['https://x.example/mcp'], 'https://x.example/api/mcp')).toThrow();
    expect(() => checkResource(['https://x.example'], 'https://x.example/')).not.toThrow();
    expect(() =>
      checkResource(['http://localhost:8000/'], 'http://localhost:8000/mcp'),
    ).not.toThrow();
    expect(() => checkResource(['http://127.0.0.1:8000/'], 'http://localhost:8000/mcp')).toThrow();
  });
});
