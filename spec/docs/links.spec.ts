/**
 * Where the documentation leads: to files and headings that exist, and to few pages elsewhere.
 *
 * No spec asks the network. A page elsewhere is listed here with what it is for, so that a new one is
 * a decision, and whoever looks them over before a release has them in one place.
 *
 * @module
 */
import { existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { ROOT } from '../support/source-tree.js';
import { anchors, documentation, links, pageAt } from './markdown.js';

/** Page → what somebody finds there. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  'https://auth0.com/blog/auth0-auth-for-mcp-servers-generally-available/':
    "Auth0's own offer, for those who are better off with it",
  'https://keepachangelog.com/en/1.1.0/': 'the form of the changelog',
  'https://manage.auth0.com/': 'the dashboard that the set-up walks through',
  'https://opentelemetry.io/docs/languages/js/':
    'the SDK that telemetry needs, and how to set it up',
  'https://semver.org/spec/v2.0.0.html': 'what a version number promises',
};

const targets = documentation().flatMap((page) => links(page).map((target) => ({ page, target })));
const isElsewhere = (target: string): boolean => /^[a-z][a-z\d+.-]*:|^\/\//i.test(target);

describe('the links of the documentation', () => {
  it('lead to files and headings that exist', () => {
    for (const { page, target } of targets.filter((one) => !isElsewhere(one.target))) {
      const [file = '', anchor] = target.split('#');
      const path = file === '' ? page.path : join(dirname(page.path), file);
      expect([target, existsSync(join(ROOT, path))]).toEqual([target, true]);
      if (anchor !== undefined) expect(anchors(pageAt(path))).toContain(anchor);
    }
  });

  it('show every picture of a page there is', () => {
    const shown = targets.map(({ page, target }) => join(dirname(page.path), target));
    const pictures = readdirSync(join(ROOT, 'docs/screenshots')).map((name) =>
      join('docs/screenshots', name),
    );
    expect(pictures.filter((picture) => !shown.includes(picture))).toEqual([]);
  });

  it('lead elsewhere by https only, to the pages that are listed and to no others', () => {
    const linked = targets.map(({ target }) => target).filter(isElsewhere);
    expect([...new Set(linked)].toSorted()).toEqual(Object.keys(ELSEWHERE));
    for (const page of linked) {
      // As a browser writes it: no second spelling of a page, no stray character.
      expect(new URL(page)).toMatchObject({ protocol: 'https:', href: page });
    }
  });
});
