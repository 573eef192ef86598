import { afterEach, describe, expect, it } from '@jest/globals';

import { chromiumPath } from './chromium.js';

const original = process.env['CHROMIUM_PATH'];

afterEach(() => {
  if (original === undefined) delete process.env['CHROMIUM_PATH'];
  else process.env['CHROMIUM_PATH'] = original;
});

describe('launchChromium', () => {
  it('says what to install when there is no Chromium', () => {
    process.env['CHROMIUM_PATH'] = '/nowhere/chromium';
    expect(() => chromiumPath()).toThrow(/\/nowhere\/chromium.*apt-get install chromium/);
  });

  it('takes CHROMIUM_PATH over the usual places', () => {
    process.env['CHROMIUM_PATH'] = process.execPath;
    expect(chromiumPath()).toBe(process.execPath);
  });
});
