/** docs/compatibility.md, generated from the facts about the clients. */
import type { ClientFacts } from '../../../lib/doctor/clients/client-facts.js';
import { CLIENTS } from '../../../lib/doctor/clients/clients.js';
import { type RecordedRun, readRecordedRuns } from '../../client-runs/recorded-runs.js';

/** Clients that every run of the specs starts. */
export const RUN_BY_SPECS: readonly (readonly [string, string])[] = [
  [
    'MCP SDK for TypeScript 1.10.2, 1.12.3',
    'knows 2025-03-26 only: documents at the root, no `resource`',
  ],
  ['MCP SDK for TypeScript 1.17.5, 1.20.2, 1.25.3, 1.29.0', 'the generations since'],
  [
    'MCP SDK for TypeScript 1.32.2',
    'stateless and with sessions, SSE, step-up ([by a rejected refresh](scopes.md#clients-that-refresh-instead))',
  ],
  ['MCP client package 2.4.0', 'protocols of 2025 and 2026-07-28, step-up'],
  ['Chromium', 'the pages, and redirects to https, loopback and app schemes'],
];

const REGISTERS_BY = { registration: 'registration', document: 'metadata document' };

export function compatibilityPage(): string {
  return `# Clients

Generated from \`lib/doctor/clients/\` by \`npm run docs\`; edit the facts there.

## Run by the specs

Every run of the specs logs in with these programs.

| Client | What is run |
|---|---|
${RUN_BY_SPECS.map((cells) => row(...cells)).join('\n')}

## Run as programs

\`npm test -- --clients\` installs these programs and runs them against this package, with a stand-in tenant, registration, and a
durable store. At the log-in, each discovers and registers by itself. At the step-up, “automatic” means that the user only consents;
[the next table](#all-clients) says what “manual” is. The server restart requires no login and no refresh; a revoked grant
requires a login. The seconds are of a machine with two busy cores, and include one for each login of the user. [runs](runs) has the
requests of each step-up as well.

${runsTable()}

## All clients

“Run” means that the program itself was run against this package, with a stand-in tenant, plain \`http\` on loopback and client
registration (not its metadata document): discovery, registration, login, tool call and refresh worked, except as noted. “Reported”
means that users or the vendor describe its requests; it may change with any release. A real tenant, \`https\` end to end, the vendors'
own metadata documents and a denied consent were not tried with any.

The third column says what happens, and what the user has to do, when a tool requires a scope that the token lacks
([step-up](scopes.md#step-up)).

| Client | Last run, version | Step-up at 403 | Notes |
|---|---|---|---|
${CLIENTS.map((client) => row(client.name, evidence(client), stepUp(client), client.note ?? '–')).join('\n')}

## Their requests

Every run of the specs sends these requests, and expects of the server what the client expects: discovery, registration, login, tool
call and refresh, against a server at the root of its origin and one below a path.

| Client | Registers by | Redirect URI | Scopes from | \`resource\` | Authenticates by | Requires | Reported in |
|---|---|---|---|---|---|---|---|
${CLIENTS.map(requestsRow).join('\n')}
`;
}

function runsTable(): string {
  const runs = readRecordedRuns();
  const steps = Object.keys(runs[0]?.steps ?? {});
  const cells = ({ client, version, date, steps: outcomes }: RecordedRun): string[] => [
    client,
    version,
    date,
    ...steps.map((step) => {
      const { outcome, seconds } = outcomes[step] ?? { outcome: 'not run', seconds: 0 };
      return `${outcome}, ${seconds} s`;
    }),
  ];
  return [
    row('Client', 'Version', 'Date', ...steps),
    `|${'---|'.repeat(steps.length + 3)}`,
    ...runs.map((run) => row(...cells(run))),
  ].join('\n');
}

/** Later than its facts are the recorded runs. */
function evidence({ name, evidence: { kind, date, version = '' } }: ClientFacts): string {
  const run = readRecordedRuns().find(({ client }) => client === name);
  if (run !== undefined) return `${run.date}, ${run.version}`;
  return kind === 'run' ? `${date}, ${version}` : `reported, ${date} ${version}`.trim();
}

function stepUp({ stepUp: { kind, note } }: ClientFacts): string {
  return kind === 'automatic' ? `**automatic**: ${note}` : note;
}

function requestsRow(client: ClientFacts): string {
  const { introduction, resource, extraScopes = [], reportedIn = ['–'] } = client;
  const { authorize = 'none', token = 'none' } = resource;
  return row(
    client.name,
    REGISTERS_BY[introduction.by],
    `\`${client.redirectUri}\``,
    [client.scopes, ...extraScopes.map((scope) => `and \`${scope}\``)].join(' '),
    authorize === token ? authorize : `${authorize}, then ${token}`,
    `\`${client.tokenAuth}\``,
    client.insistsOn ?? '–',
    reportedIn.join(', '),
  );
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}
