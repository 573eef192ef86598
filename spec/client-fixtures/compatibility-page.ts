/**
 * The page about clients, and what the README says of it, made of their fixtures.
 *
 * @module
 */
import type { ClientFixture } from './client-fixture.js';
import { CLIENT_FIXTURES } from './client-fixtures.js';

/** Clients that are programs we have: run as they are, not imitated. */
const RUN: readonly (readonly [string, string])[] = [
  [
    'MCP SDK for TypeScript 1.10.2, 1.12.3',
    'knows 2025-03-26 only: documents at the root, no `resource`',
  ],
  ['MCP SDK for TypeScript 1.17.5, 1.20.2, 1.25.3, 1.29.0', 'the generations since'],
  ['MCP SDK for TypeScript 1.32.2', 'stateless and with sessions, step-up, SSE'],
  ['MCP client package 2.4.0', 'protocols of 2025 and 2026-07-28, step-up'],
  ['Chromium', 'the pages, and the way back to https, loopback and app schemes'],
];

const KNOWN_BY = { registration: 'registration', document: 'metadata document' };

export function compatibilityPage(): string {
  return `# Clients

This page is made from \`spec/client-fixtures/\` by \`npm run docs\`; edit the fixtures.

## Run as they are

Every run of the specs logs in with these programs themselves.

| Client | What is run |
|---|---|
${RUN.map((cells) => row(...cells)).join('\n')}

## Imitated from reports

These are products that no spec can start. What they send was reported by their users in public
threads, or read in their source where the table says so; it may change with any release of theirs.
Each has a fixture in \`spec/client-fixtures/\` that is used to discover, register, log in, call a tool
and refresh, against a server at the root of its origin and one below a path. All of them pass; a
fixture that fails fails the build. None of this was checked against the live product.

| Client | Becomes known by | Redirect URI | Scopes from | \`resource\` | Proves itself by | Insists on | Reported in |
|---|---|---|---|---|---|---|---|
${CLIENT_FIXTURES.map(fixtureRow).join('\n')}
`;
}

/** The same in short, for the README. */
export function compatibilitySummary(): string {
  const programs = RUN.filter(([name]) => name.startsWith('MCP')).map(([name]) =>
    row(name, 'run', 'registration', 'loopback'),
  );
  return `| client | checked | becomes known by | comes back to |
|---|---|---|---|
${[...programs, ...CLIENT_FIXTURES.map(summaryRow)].join('\n')}`;
}

function summaryRow({ name, reportedIn, introduction, redirectUri }: ClientFixture): string {
  const isRead = reportedIn.some((report) => report.includes('read and run'));
  return row(
    name,
    isRead ? 'imitated, from its source and reports' : 'imitated, from reports',
    KNOWN_BY[introduction.by],
    redirectKind(redirectUri),
  );
}

function redirectKind(uri: string): string {
  if (uri.startsWith('https:')) return '`https`';
  return uri.startsWith('http:') ? 'loopback' : 'a scheme of its own';
}

function fixtureRow(fixture: ClientFixture): string {
  const { introduction, resource, extraScopes = [] } = fixture;
  const { authorize = 'none', token = 'none' } = resource;
  return row(
    fixture.name,
    KNOWN_BY[introduction.by],
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
