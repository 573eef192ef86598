/** docs/compatibility.md, generated from the facts about the clients. */
import type { ClientFacts } from '../../../lib/doctor/clients/client-facts.js';
import { CLIENTS } from '../../../lib/doctor/clients/clients.js';

/** Clients that the specs run themselves. */
export const RUN_BY_SPECS: readonly (readonly [string, string])[] = [
  [
    'MCP SDK for TypeScript 1.10.2, 1.12.3',
    'knows 2025-03-26 only: documents at the root, no `resource`',
  ],
  ['MCP SDK for TypeScript 1.17.5, 1.20.2, 1.25.3, 1.29.0', 'the generations since'],
  ['MCP SDK for TypeScript 1.32.2', 'stateless and with sessions, step-up, SSE'],
  ['MCP client package 2.4.0', 'protocols of 2025 and 2026-07-28, step-up'],
  ['Chromium', 'the pages, and redirects to https, loopback and app schemes'],
];

/** Client, version and notes of the programs that were run by hand. */
export const RUN_BY_HAND: readonly (readonly [string, string, string])[] = [
  ['Claude Code', '2.1.332', 'logs in by `claude mcp login` or `/mcp`'],
  ['Codex CLI', '0.171.0', 'with `--oauth-client-registration dcr`'],
  ['GitHub Copilot CLI', '1.0.102', ''],
  ['Gemini CLI', '0.61.0', 'requests every scope of the metadata; refreshes 300 s early'],
  ['Qwen Code', '0.24.4', 'two servers on one origin leave it offline (its fault)'],
  ['Cline', 'CLI 3.0.65', ''],
  ['opencode', '1.18.33', ''],
  ['mcp-remote', '0.1.38, 0.15.1', ''],
  ['MCP Inspector', '2.12.0', 'its CLI logs in for every command without a keyring'],
  [
    'MCP Inspector',
    '0.22.0',
    'refresh fails: two content types in one header, or no refresh by its proxy (its faults)',
  ],
  ['mcporter', '0.9.0, 0.12.3', 'refresh needs a fixed `oauthRedirectUrl`'],
  ['use-mcp', '0.0.21', 'popup login in Chromium; refresh not tried'],
  ['@ai-sdk/mcp', '2.0.99', ''],
  ['@langchain/mcp-adapters', '1.1.4', ''],
  ['@openai/agents', '0.20.0', ''],
  ['@mastra/mcp', '2.0.0', 'with a pre-registered client'],
  ['mcp-use', '1.34.6', ''],
];

const REGISTERS_BY = { registration: 'registration', document: 'metadata document' };

export function compatibilityPage(): string {
  return `# Clients

Generated from \`lib/doctor/clients/\` by \`npm run docs\`; edit those files.

## Run by the specs

Every run of the specs logs in with these programs.

| Client | What is run |
|---|---|
${RUN_BY_SPECS.map((cells) => row(...cells)).join('\n')}

## Run by hand

On 2026-11-30 these programs were run against this package with a stand-in tenant, plain \`http\` on loopback and client
registration (not their metadata documents). Discovery, registration, login, tool call and refresh worked in each, except as
noted. How each reacts to a missing scope is in [scopes.md](scopes.md#step-up).

| Client | Version | Notes |
|---|---|---|
${RUN_BY_HAND.map((cells) => row(...cells)).join('\n')}

A real tenant, \`https\` end to end, the vendors' own metadata documents and a denied consent were not tried with any.

## Imitated from reports

The specs do not start these products. Their requests were reported by users in public threads, or read in the source where the
table says so, and may change with any release. For each, a spec discovers, registers, logs in, calls a tool and refreshes as the
file in \`lib/doctor/clients/\` says, against a server at the root of its origin and one below a path.

| Client | Registers by | Redirect URI | Scopes from | \`resource\` | Authenticates by | Requires | Reported in |
|---|---|---|---|---|---|---|---|
${CLIENTS.map(fixtureRow).join('\n')}
`;
}

function fixtureRow(fixture: ClientFacts): string {
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
