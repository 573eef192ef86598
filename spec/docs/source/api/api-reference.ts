/** docs/api.md: every public name with its docstring, members and links. */
import { anchorOf } from '../anchors.js';
import { wrapMarkdown } from '../wrap.js';
import { type Group, groupsOf } from './groups.js';
import { type PublicName, readPublicNames } from './public-names.js';
import { createSections } from './sections.js';

/** Line length of the documentation. */
const WIDTH = 125;

export function apiReference(): string {
  const { names, checker } = readPublicNames();
  const anchors = new Map(names.map((one) => [one.name, anchorOf(headingOf(one))]));
  const sections = createSections(checker, (name) => anchors.get(name));
  const groups = groupsOf(names);
  const blocks = [
    '# API',
    'Generated from the docstrings in `lib/` by `npm run docs`; edit those. All names are exported by `express-auth0-mcp`, unless the text says `express-auth0-mcp/redis` or `express-auth0-mcp/testing`.',
    groups.map((group) => contents(group, anchors)).join('\n'),
    ...groups.flatMap(({ title, names: members }) => [
      `## ${title}`,
      ...members.flatMap((one) => [`### ${headingOf(one)}`, ...sections.of(one)]),
    ]),
  ];
  return `${blocks.map((block) => wrapMarkdown(block, WIDTH)).join('\n\n')}\n`;
}

/** With the kind, so that `Auth0Mcp` and `auth0Mcp` have different anchors. */
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
