/**
 * docs/api.md: every public name with its docstring, members and links.
 *
 * @module
 */
import { anchorOf } from '../anchors.js';
import { wrapMarkdown } from '../wrap.js';
import { type Group, groupsOf } from './groups.js';
import { type PublicName, readPublicNames } from './public-names.js';
import { createSections } from './sections.js';

/** As the pages of the documentation are written. */
const WIDTH = 125;

export function apiReference(): string {
  const { names, checker } = readPublicNames();
  const anchors = new Map(names.map((one) => [one.name, anchorOf(headingOf(one))]));
  const sections = createSections({ checker, anchorOf: (name) => anchors.get(name) });
  const groups = groupsOf(names);
  const blocks = [
    '# API',
    'This page is made from the docstrings in `lib/` by `npm run docs`; edit those. All names come from `express-auth0-mcp`, but for those that say `express-auth0-mcp/redis`.',
    groups.map((group) => contents(group, anchors)).join('\n'),
    ...groups.flatMap(({ title, names: members }) => [
      `## ${title}`,
      ...members.flatMap((one) => [`### ${headingOf(one)}`, ...sections.of(one)]),
    ]),
  ];
  return `${blocks.map((block) => wrapMarkdown(block, WIDTH)).join('\n\n')}\n`;
}

/** Says what it is, which also keeps `Auth0Mcp` and `auth0Mcp` apart in addresses. */
function headingOf({ kind, name }: PublicName): string {
  return `${kind} \`${name}\``;
}

function contents(
  { title, names }: Group<PublicName>,
  anchors: ReadonlyMap<string, string>,
): string {
  const links = names.map(({ name }) => `[\`${name}\`](#${anchors.get(name)})`);
  return `- [${title}](#${anchorOf(title)}): ${links.join(', ')}`;
}
