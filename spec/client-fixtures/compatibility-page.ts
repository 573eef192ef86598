/** docs/compatibility.md, generated from the fixtures of the clients. */
import type { ClientFixture } from './client-fixture.js';
import { CLIENT_FIXTURES } from './client-fixtures.js';

/** Clients that the specs run themselves. */
const RUN: readonly (readonly [string, string])[] = [
  [
    'MCP SDK for TypeScript 1.10.2, 1.12.3',
    'knows 2025-03-26 only: documents at the root, no `resource`',
  ],
  ['MCP SDK for TypeScript 1.17.5, 1.20.2, 1.25.3, 1.29.0', 'the generations since'],
  ['MCP SDK for TypeScript 1.32.2', 'stateless and with sessions, step-up, SSE'],
  ['MCP client package 2.4.0', 'protocols of 2025 and 2026-07-28, step-up'],
  ['Chromium', 'the pages, and redirects to https, loopback and app schemes'],
];

const REGISTERS_BY = { registration: 'registration', document: 'metadata document' };

export function compatibilityPage(): string {
  return `# Clients

Generated from \`spec/client-fixtures/\` by \`npm run docs\`; edit the fixtures.

## Run by the specs

Every run of the specs logs in with these programs.

| Client | What is run |
|---|---|
${RUN.map((cells) => row(...cells)).join('\n')}

## Imitated from reports

The specs cannot start these products. Their requests were reported by users in public threads, or read in the source where the
table says so, and may change with any release. Each has a fixture in \`spec/client-fixtures/\` that discovers, registers, logs in,
calls a tool and refreshes, against a server at the root of its origin and one below a path. A fixture that fails, fails the build.
None of this was checked against the live product.

| Client | Registers by | Redirect URI | Scopes from | \`resource\` | Authenticates by | Requires | Reported in |
|---|---|---|---|---|---|---|---|
${CLIENT_FIXTURES.map(fixtureRow).join('\n')}
`;
}

function fixtureRow(fixture: ClientFixture): string {
  const { introduction, resource, extraScopes = [] } = fixture;
  const { authorize = 'none', token = 'none' } = resource;
  return row(
    fixture.name,
    REGISTERS_BY[introduction.by],
    `\`${fixture.redirectUri}\``,
    [fixture.scopes, ...extraScopes.map((scope) => `and \`${scope}\``)].join(' '),
    authorize === token ? authorize : `${authorize}, then ${token}`,
    `\`${fixture.tokenAuth}\``,
    fixture.insistsOn ?? '–',
    fixture.reportedIn.join(', '),
  );
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
