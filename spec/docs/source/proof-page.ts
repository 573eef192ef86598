/** docs/proof.md: what the specs show, by requirement, and what nothing shows. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

import { CLIENTS } from '../../../lib/doctor/clients/clients.js';
import { readRecordedRuns } from '../../client-runs/recorded-runs.js';
import { type Citation, REQUIREMENTS, readCitations } from '../../conformance/citations.js';
import { EXCLUSIONS } from '../../conformance/exclusions.js';
import { ROOT } from '../../support/source-tree.js';
import { RUN_BY_SPECS } from './compatibility-page.js';

const SUITE_VERSION: string = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
  .devDependencies['@modelcontextprotocol/conformance'];

/** What was never run against the real thing, and what was instead. */
const NEVER_RUN: readonly (readonly [string, string])[] = [
  [
    'a live Auth0 tenant',
    'a stand-in on oidc-provider with the parameters, errors and limits of Auth0, in every spec and every run of a client',
  ],
  [
    'hosted clients (Claude and ChatGPT on the web, Copilot Studio), and the editors Cursor, VS Code and Zed',
    'their requests, from reports: [compatibility.md](compatibility.md#their-requests)',
  ],
  [
    "the vendors' own client metadata documents",
    'documents of the same shape, from real TLS hosts on loopback',
  ],
  [
    'Traefik, Kubernetes, Cloud Run, Fly, Render, AWS Lambda, and the published images of the Compose file',
    'the server, nginx and Redis of the example as processes; once the Compose file with images of our own; manifests against types: [deploy.md](deploy.md)',
  ],
  [
    'the output of `setup` at a tenant',
    'its syntax, by schemas and parsers: [auth0-setup.md](auth0-setup.md)',
  ],
  ['Redis as a service, and Valkey', 'a local redis-server alone, as a Cluster and under Sentinel'],
  ['Firefox, Safari, a screen reader', 'Chromium, and the rules of axe'],
  ['an app that a browser opens by its scheme', 'Chromium without such an app'],
  ['Windows and macOS', 'Linux'],
  ['an independent audit, or a conformance suite of the OpenID Foundation', 'nothing'],
];

/** Fault → what users and clients see, and the specs: file and beginning of the title. */
const FAULTS: readonly (readonly [string, string, string])[] = [
  [
    'An instance is killed with SIGKILL around every single call to the store, embedded and Redis',
    'no login ends: what failed succeeds when it is sent again',
    '`flows/storage/crash.spec.ts` “ends no login: failed requests succeed when they are sent again”',
  ],
  [
    'Three instances are restarted one by one under load',
    'no request fails',
    '`flows/storage/many-instances.spec.ts` “are restarted one by one while users log in, refresh and call tools: no request fails”',
  ],
  [
    'Auth0 is down for ten minutes, or responds 429 or 5xx',
    '503 with `Retry-After`; no user is logged out, valid tokens work',
    '`flows/grant-life/bad-days.spec.ts` “an outage of ten minutes logs no user out, and valid access tokens work throughout”',
  ],
  [
    'A hundred refreshes in parallel over three instances',
    'one refresh at Auth0, a valid response for each',
    '`flows/grant-life/one-refresh.spec.ts` “100 parallel refreshes cause one refresh at Auth0, and every response can be used”',
  ],
  [
    'The store fails between the response of Auth0 and the write',
    'the new token is stored when the store is back',
    '`flows/grant-life/store-outage.spec.ts` “callers get 503 after two seconds, and the new Auth0 token is stored when the store is back”',
  ],
  [
    'Redis is stopped, hangs, restarts or fails over',
    '503, nothing is consumed, service resumes by itself',
    '`flows/storage/redis-outage.spec.ts` “requests that need it get a 503, registration and the consent page work, and everything continues when it is back”; `storage/redis/topologies.spec.ts` “rejects during a failover and continues with the new primary”',
  ],
  [
    'The disk of the embedded store is full, read-only or gone',
    '503 with the reason in the log; recovery without a restart',
    '`flows/storage/disk-outage.spec.ts` “is an outage while the disk is full”, “is an outage until the directory is back”',
  ],
  [
    'The event loop is blocked for seconds',
    'late responses, no 503 and no lost login',
    '`flows/storage/stalls.spec.ts` “serves ten calls after %i ms”, “finishes a login after %i ms”',
  ],
  [
    'Keys are rotated over three instances',
    'no login ends',
    '`flows/storage/key-rotation.spec.ts` “ends no login: tokens, client ids, codes and pending logins stay valid through both steps”',
  ],
  [
    'A stored record is changed, moved, or read with the wrong key',
    'it counts as absent',
    '`flows/storage/damaged-records.spec.ts` “is absent if the bit at %i was flipped, and logged once”, “has no records: logins have ended, with the error codes of OAuth”',
  ],
];

/** Beginning of the row numbers → heading. */
const SECTIONS: readonly (readonly [string, string])[] = [
  ['RS-', 'MCP: the protected resource'],
  ['AS-', 'MCP: the authorization server'],
  ['PX-', 'MCP security best practices: a login that is delegated'],
  ['EX-', 'MCP extensions'],
  ['R-AZ-', 'Authorization endpoint: RFC 6749, 7636, 8707, 9207, OpenID Connect'],
  ['R-TK-', 'Token endpoint: RFC 6749, 7523, 9700'],
  ['R-ERR', 'Token endpoint: errors'],
  ['R-AT-', 'Access tokens: RFC 9068'],
  ['R-RS-', 'Bearer tokens: RFC 6750'],
  ['R-PR-', 'Protected resource metadata: RFC 9728'],
  ['R-MD-', 'Authorization server metadata: RFC 8414, OpenID Connect Discovery'],
  ['R-RG-', 'Client registration: RFC 7591'],
  ['R-8252-', 'Native apps: RFC 8252'],
  ['R-CI-', 'Client ID metadata documents'],
  ['R-RV-', 'Revocation: RFC 7009'],
  ['R-IN-', 'Introspection: RFC 7662'],
  ['R-UP-', 'Auth0 as OpenID provider'],
  ['R-DP-', 'Deployment'],
  ['CLI-', 'Needs of real clients'],
  ['FA-', 'Faults that were found in use'],
];

/** A figure of docs/bench/results.json. */
interface Measured {
  readonly label: string;
  readonly ratio: number;
}

export function proofPage(): string {
  const citations = readCitations();
  const cited = new Set(citations.map(({ row }) => row));
  const excluded = Object.keys(EXCLUSIONS);
  const releases = RUN_BY_SPECS.flatMap(([name]) => name.match(/\d+\.\d+\.\d+/g) ?? []);
  // Some are listed twice, by what they register with.
  const run = new Set(
    CLIENTS.filter(({ evidence: { kind } }) => kind === 'run').map(({ name }) =>
      name.replace(/ \(.*/, ''),
    ),
  );
  const recorded = readRecordedRuns().length;
  const attacks = pageText('docs/security.md').match(/^\| .+ \| .+ \| `.+ \|$/gm) ?? [];
  return `# Proof

Generated by \`npm run docs\` from the specs, which \`npm test\` runs.

| what | how much | where |
|---|---|---|
| requirements of MCP, the RFCs, clients, and faults found in use | ${REQUIREMENTS.length}: ${REQUIREMENTS.length - excluded.length} with specs, ${excluded.length} without, each with a reason | [requirements](#requirements) |
| attacks, each with a defence and the specs that carry it out | ${attacks.length} | [security.md](security.md) |
| faults | ${FAULTS.length} kinds | [faults](#faults) |
| MCP's own conformance suite, \`@modelcontextprotocol/conformance\` ${SUITE_VERSION} | every check of its authorization server scenarios passes; its server scenarios of 2025-11-25 and 2026-07-28 have the same result for each check with the library in front of an MCP server as without | \`official-suite/official-suite.spec.ts\` |
| clients | ${releases.length} releases of the MCP SDK and Chromium run by the specs, ${recorded} programs by \`npm test -- --clients\`, ${run.size - recorded} by hand, the requests of ${CLIENTS.length} sent by the specs | [compatibility.md](compatibility.md) |
| performance | CPU time, as multiples of plain Express and of alternatives | [performance](#performance) |

## Never run

| never run | what was done instead |
|---|---|
${NEVER_RUN.map((cells) => tableRow(...cells)).join('\n')}

## Faults

| fault | effect | shown by |
|---|---|---|
${FAULTS.map((cells) => tableRow(...cells)).join('\n')}

## Performance

From [bench/results.json](bench/results.json); [performance.md](performance.md) has the method, the targets that were missed, and all
figures.

${performanceTable()}

## Requirements

Each with one of the specs that show it; further ones are counted.
${SECTIONS.map((section) => requirementsOf(section, citations, cited)).join('')}`;
}

function requirementsOf(
  [prefix, heading]: readonly [string, string],
  citations: readonly Citation[],
  cited: ReadonlySet<string>,
): string {
  const rows = REQUIREMENTS.filter(([row]) => row.startsWith(prefix));
  const lines = rows.map(([row, requirement]) =>
    tableRow(
      requirement,
      cited.has(row)
        ? evidence(citations.filter((citation) => citation.row === row))
        : `none. ${EXCLUSIONS[row]}`,
    ),
  );
  return `
### ${heading}

| requirement | spec |
|---|---|
${lines.join('\n')}
`;
}

/** One spec, rather of those that are about the requirements. */
function evidence(citations: readonly Citation[]): string {
  const first = citations.find(({ path }) => path.includes('/conformance/')) ?? citations[0];
  const more = citations.length - 1;
  const title = first?.title.replaceAll('|', '\\|');
  return `\`${first?.path.replace(/^spec\//, '')}\` “${title}”${more > 0 ? ` and ${more} more` : ''}`;
}

function performanceTable(): string {
  const { tables } = JSON.parse(pageText('docs/bench/results.json')) as {
    tables: Record<string, { rows: Measured[] }>;
  };
  const ratio = (table: string, label: string): string => {
    const found = tables[table]?.rows.find((row) => row.label === label);
    if (found === undefined) throw new Error(`docs/bench/results.json: no "${label}" in ${table}`);
    return found.ratio.toFixed(2);
  };
  const nodes = ['24', '22', '20'];
  const guard = (label: string): string[] => nodes.map((node) => ratio(`guard-node${node}`, label));
  const lines: readonly (readonly string[])[] = [
    ['`auth0Mcp()`, memory', ...guard('ours, memory')],
    ['`auth0Mcp()`, embedded', ...guard('ours, embedded')],
    ['`auth0Mcp()`, Redis', ...guard('ours, redis')],
    ['npm `fastmcp`, token swap', ...guard('npm fastmcp, token swap')],
    ["the SDK's `requireBearerAuth` with jose", ...guard('SDK requireBearerAuth + jose')],
    ['`express-oauth2-jwt-bearer`', ...guard('express-oauth2-jwt-bearer')],
    [
      'the guard with a million grants, as a multiple of 1,000 (Redis)',
      ...['–', '–', ratio('growth-guard-redis-node20', '1,000,000 grants')],
    ],
    [
      'the guard during a flood of 100,000 registrations',
      ...['–', '–', ratio('flood-node20', 'registrations')],
    ],
  ];
  return `| \`POST /mcp\`, as a multiple of plain Express | ${nodes.map((node) => `Node ${node}`).join(' | ')} |
|---|--:|--:|--:|
${lines.map((cells) => tableRow(...cells)).join('\n')}`;
}

function tableRow(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

function pageText(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}
