/**
 * The links of the documentation: to existing files and headings, and to the external pages listed here.
 * No spec uses the network, so external pages have to be checked before a release.
 */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { ROOT } from '../support/source-tree.js';
import { anchors, documentation, links, pageAt } from './markdown.js';

/** External page → purpose. */
const EXTERNAL: Readonly<Record<string, string>> = {
  'https://auth0.com/blog/auth0-auth-for-mcp-servers-generally-available/':
    "Auth0's own MCP support",
  'https://github.com/auth0/auth0-cli': 'the first tool of the command setup',
  'https://github.com/auth0/auth0-deploy-cli': 'its third tool',
  'https://keepachangelog.com/en/1.1.0/': 'the format of the changelog',
  'https://manage.auth0.com/': 'the dashboard of the set-up',
  'https://opentelemetry.io/docs/languages/js/': 'the SDK for telemetry',
  'https://semver.org/spec/v2.0.0.html': 'the versioning scheme',
};

const targets = documentation().flatMap((page) => links(page).map((target) => ({ page, target })));
const isExternal = (target: string): boolean => /^[a-z][a-z\d+.-]*:|^\/\//i.test(target);

describe('the links of the documentation', () => {
  it('lead to files and headings that exist', () => {
    for (const { page, target } of targets.filter((one) => !isExternal(one.target))) {
      const [file = '', anchor] = target.split('#');
      const path = file === '' ? page.path : join(dirname(page.path), file);
      expect([target, existsSync(join(ROOT, path))]).toEqual([target, true]);
      if (anchor !== undefined) expect(anchors(pageAt(path))).toContain(anchor);
    }
  });

  it('include every screenshot', () => {
    const shown = targets.map(({ page, target }) => join(dirname(page.path), target));
    const screenshots = readdirSync(join(ROOT, 'docs/screenshots')).map((name) =>
      join('docs/screenshots', name),
    );
    expect(screenshots.filter((path) => !shown.includes(path))).toEqual([]);
  });

  it('to external pages are https, and exactly those listed', () => {
    const linked = targets.map(({ target }) => target).filter(isExternal);
    expect([...new Set(linked)].toSorted()).toEqual(Object.keys(EXTERNAL));
    for (const page of linked) {
      // In normalized form.
      expect(new URL(page)).toMatchObject({ protocol: 'https:', href: page });
    }
  });
});
