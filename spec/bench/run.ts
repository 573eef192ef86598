/**
 * Runs the benchmark: `npm run bench`, `npm run bench -- --quick`, `-- --full`, `-- guard token`, `-- hour`.
 *
 * Results go to docs/bench: one JSON file, and a chart for each table.
 */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { startRedis } from '../support/redis-server.js';
import { chart } from './chart.js';
import { coldStart } from './cold-start.js';
import { startServer } from './contenders/server.js';
import { type Comparison, duel, type Effort } from './duel.js';
import { type Hour, steadyLoad } from './hour.js';
import { inWords, type Machine, machine } from './machine.js';
import { bytesPerGrant, memoryUnderChecks, roundTrips, type Sizes, startUpTimes } from './sizes.js';
import { type Place, type Row, type Table, tables } from './tables.js';

/** One line, measured. */
export interface RowResult extends Pick<Comparison, 'ratio' | 'lowest' | 'highest'> {
  readonly label: string;
  /** Microseconds of CPU time per operation. */
  readonly us: number;
  readonly target?: number | undefined;
  readonly facts?: Readonly<Record<string, number>>;
}

/** One table, measured. */
export interface TableResult {
  readonly id: string;
  readonly title: string;
  /** The baseline against itself: away from 1 by more than the tolerance nothing in the table counts. */
  readonly isVoid: boolean;
  readonly baseline: RowResult;
  readonly rows: readonly RowResult[];
}

/** The file in docs/bench. */
interface Results {
  readonly tables: Record<string, TableResult & { measuredOn: Machine; measuredAt: string }>;
  bytesPerGrant?: Sizes;
  roundTrips?: Sizes;
  startUpMs?: Sizes;
  memoryUnderChecksMb?: Record<string, Sizes | number>;
  hour?: Hour & { readonly measuredOn: Machine };
}

const DIRECTORY = fileURLToPath(new URL('../../docs/bench/', import.meta.url));
const FILE = join(DIRECTORY, 'results.json');
const TOLERANCE = 0.02;
const PEERS = process.env['BENCH_PEERS'] ?? '';

/** Bursts of a thousand: some three of the young generation's collections, so that each has its share. */
const NORMAL: Effort = { launches: 5, rounds: 10, runsPerBurst: 1000, warmUpRuns: 6000 };
const QUICK: Effort = { launches: 3, rounds: 6, runsPerBurst: 1000, warmUpRuns: 4000 };

const flags = process.argv.slice(2);
/** Each Node has tables of its own. */
const suffix = `-node${process.versions.node.split('.', 1)[0]}`;
const isQuick = flags.includes('--quick');
/** Where a table is to be had sooner, or more exact: `--launches=3`, and runs per burst, `--runs=3000`. */
const launches = numberOf('launches');
const runs = numberOf('runs');
const hourSeconds = numberOf('seconds') || 3600;
const wanted = flags.filter((flag) => !flag.startsWith('--'));
const isWanted = (id: string): boolean =>
  wanted.length === 0 || wanted.some((part) => id.startsWith(part));
const wantsGrowth =
  isWanted('growth-') || isWanted('start-up') || wanted.some((part) => part.startsWith('growth'));
const sizes = flags.includes('--full') ? [1000, 100_000, 1_000_000] : [1000, 100_000];

const results = readResults();
const servers: { remove(): Promise<void> }[] = [];
const folder = mkdtempSync(join(tmpdir(), 'auth0-mcp-bench-'));
try {
  const redis = await startRedis();
  servers.push(redis);
  const place: Place = {
    redisUrl: redis.url,
    directory: join(folder, 'shared'),
    peers: PEERS,
    filled: wantsGrowth ? await fillAll(sizes) : [],
    floodSize: isQuick ? 10_000 : 100_000,
  };
  for (const table of tables(place)) if (isWanted(table.id)) keep(await measure(table));
  if (isWanted('start-up')) {
    results.startUpMs = await startUpTimes(place.filled);
    write();
    say(`\nmilliseconds to start ${JSON.stringify(results.startUpMs)}`);
  }
  if (isWanted('memory')) {
    const many = isQuick
      ? { tokens: 5000, checks: 50_000 }
      : { tokens: 100_000, checks: 1_000_000 };
    results.memoryUnderChecksMb = { ...many, ...(await memoryUnderChecks(redis.url, many)) };
    write();
    say(`\nmegabytes ${JSON.stringify(results.memoryUnderChecksMb)}`);
  }
  if (isWanted('sizes')) {
    results.bytesPerGrant = await bytesPerGrant(redis, isQuick ? 2000 : 20_000);
    results.roundTrips = await roundTrips(redis, 100);
    write();
    say(`\nbytes per grant ${JSON.stringify(results.bytesPerGrant)}`);
    say(`round trips to Redis ${JSON.stringify(results.roundTrips)}`);
  }
  // Only by name.
  if (wanted.includes('hour')) {
    results.hour = { ...(await steadyLoad(hourSeconds)), measuredOn: machine() };
    write();
    say(`\nan hour ${JSON.stringify(results.hour)}`);
  }
  if (isWanted('cold-start')) {
    const result = coldStart(isQuick ? 5 : 15);
    say(`\n${result.title}`);
    for (const row of [result.baseline, ...result.rows]) say(inOneLine(row));
    keep(result);
  }
} finally {
  for (const server of servers) await server.remove();
  rmSync(folder, { recursive: true, force: true });
}

async function measure(table: Table): Promise<TableResult> {
  const { id, title, baseline, rows, runsPerBurst, rounds, warmUpRuns, counted } = table;
  const effort = {
    ...(isQuick ? QUICK : NORMAL),
    ...(launches > 0 && { launches }),
    ...(runsPerBurst && { runsPerBurst }),
    ...(rounds && { rounds }),
    ...(warmUpRuns && { warmUpRuns }),
    ...(counted && { counted }),
    ...(runs > 0 && { runsPerBurst: runs }),
  };
  say(`\n${title}`);
  const compare = async (row: Row): Promise<RowResult> => {
    const { label, side, against = baseline.side, target } = row;
    const outcome = await duel(against, side, effort, {
      wantsFacts: row.facts === true,
      isApart: table.isApart === true,
    });
    const { ratio, lowest, highest, secondUs: us, facts } = outcome;
    const result = { label, ratio, lowest, highest, us, target, ...(facts && { facts }) };
    say(inOneLine(result));
    return result;
  };
  const against = await compare({ ...baseline, label: `${baseline.label}, itself` });
  const isVoid = Math.abs(against.ratio - 1) > (table.tolerance ?? TOLERANCE);
  if (isVoid) say('VOID: the baseline differs from itself');
  const measured: RowResult[] = [];
  for (const row of rows) measured.push(await compare(row));
  return { id, title, isVoid, baseline: against, rows: measured };
}

function inOneLine({ label, ratio, lowest, highest, us, target, facts }: RowResult): string {
  const verdict =
    target === undefined ? '' : `  target ${target}: ${ratio <= target ? 'met' : 'MISSED'}`;
  const spread = `(${lowest.toFixed(3)}-${highest.toFixed(3)})`;
  return `${label.padEnd(36)} ${ratio.toFixed(3)}  ${spread}  ${us.toFixed(0).padStart(6)} us${verdict}${facts ? `  ${JSON.stringify(facts)}` : ''}`;
}

function keep(measured: TableResult): void {
  const result = { ...measured, id: measured.id + suffix };
  const measuredOn = machine();
  const measuredAt = new Date().toISOString().slice(0, 16);
  results.tables[result.id] = { ...result, measuredOn, measuredAt };
  write();
  const note = `${result.isVoid ? 'VOID (the baseline differs from itself). ' : ''}${inWords(measuredOn)}, ${measuredAt.slice(0, 10)}`;
  writeFileSync(join(DIRECTORY, `${result.id}.svg`), chart(result, note));
}

function write(): void {
  mkdirSync(DIRECTORY, { recursive: true });
  writeFileSync(FILE, `${JSON.stringify(results, undefined, 2)}\n`);
}

function readResults(): Results {
  try {
    return JSON.parse(readFileSync(FILE, 'utf8')) as Results;
  } catch {
    // The first run.
    return { tables: {} };
  }
}

/** A Redis and an embedded store for each size, where their tables are wanted. */
async function fillAll(counts: readonly number[]): Promise<Place['filled']> {
  const filled: Place['filled'][number][] = [];
  const needed = (['embedded', 'redis'] as const).filter((store) =>
    [`growth-guard-${store}`, `growth-refresh-${store}`, 'start-up'].some(isWanted),
  );
  for (const grants of counts) {
    const redis = await startRedis();
    servers.push(redis);
    const directory = join(folder, String(grants));
    for (const store of needed) {
      const startedAtMs = performance.now();
      const where = { store, directory, redisUrl: redis.url };
      await (await startServer({ ...where, fill: grants })).stop();
      const seconds = Math.round((performance.now() - startedAtMs) / 1000);
      say(`${store}: ${grants.toLocaleString('en')} grants written in ${seconds} s`);
    }
    filled.push({ grants, directory, redisUrl: redis.url });
  }
  return filled;
}

/** NaN where the flag is not given. */
function numberOf(flag: string): number {
  return Number(flags.find((given) => given.startsWith(`--${flag}=`))?.split('=')[1]);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
