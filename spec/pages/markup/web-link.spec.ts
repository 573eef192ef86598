import { describe, expect, it } from '@jest/globals';

import { formTarget, isOwnPath, webLink } from '../../../lib/pages/markup/web-link.js';

const REFUSED = [
  'javascript:alert(1)',
  'JAVASCRIPT:alert(1)',
  ' javascript:alert(1)',
  'java\tscript:alert(1)',
  'data:text/html,x',
  'vbscript:x',
  'file:///etc/passwd',
  '//evil.example',
  '/\\evil.example',
  '/\t/evil.example',
  '\\\\evil.example',
  'https:/evil.example x',
  'https://',
  'relative',
  '',
];

describe('links of the pages', () => {
  it.each(REFUSED)('R-AZ-17 does not link to %j', (value) => {
    expect(webLink(value)).toBeUndefined();
    expect(isOwnPath(value)).toBe(false);
    expect(() => formTarget(value)).toThrow(RangeError);
  });

  it.each(['https://a.example/x?y#z', 'http://localhost:3000/', '/privacy', '/'])(
    'links to %s',
    (value) => {
      expect(webLink(value)).toBe(value);
      expect(formTarget(value)).toBe(value);
    },
  );
});
