/** What is measured against what. */
import type { SideArguments } from './side.js';

/** One line of a table. */
export interface Row {
  readonly label: string;
  readonly side: SideArguments;
  /** What it is compared with, where that is not the table's baseline. */
  readonly against?: SideArguments;
  /** Highest ratio that was aimed at. */
  readonly target?: number;
  /** Figures the side is asked for at the end. */
  readonly facts?: boolean;
}

/** Rows that are all compared with one thing. */
export interface Table {
  readonly id: string;
  readonly title: string;
  readonly baseline: Row;
  readonly rows: readonly Row[];
  /** Each side in a process of its own, where the process is part of what is measured. */
  readonly isApart?: boolean;
  /** Runs per burst, rounds, and runs before the first one, where the usual numbers would take too long. */
  readonly runsPerBurst?: number;
  readonly rounds?: number;
  readonly warmUpRuns?: number;
  /** See `Effort`. */
  readonly counted?: number;
  /** How far the baseline may differ from itself. Default: 0.02. */
  readonly tolerance?: number;
}

/** What this machine offers. */
export interface Place {
  readonly redisUrl: string;
  /** For an embedded store that several processes share. */
  readonly directory: string;
  /** The folder with the peers. */
  readonly peers: string;
  /** An embedded store and a Redis with so many grants. */
  readonly filled: readonly { readonly grants: number; directory: string; redisUrl: string }[];
  readonly floodSize: number;
}

type Options = NonNullable<SideArguments['options']>;

const side = (
  contender: SideArguments['contender'],
  options: Options = {},
  processes = 1,
): SideArguments => ({ contender, options, processes });
/** Bare Express with as many tokens in rotation: requests that are not at hand cost everybody more. */
const bareWith = (tokens: number): SideArguments => side('bare', { tokens });
const BARE: Row = { label: 'bare Express', side: side('bare') };
const BARE_FORM: Row = { label: 'bare POST of a form', side: side('bareForm') };
const NAMES = { refresh: 'Refresh', code: 'Code exchange', ours: 'Guarded POST /mcp' };
const STORES = ['memory', 'embedded', 'redis'] as const;
/** Over the minimum, with one token. */
const AIMS = { memory: 1.04, embedded: 1.05, redis: 1.05 };
/** The same with a thousand. */
const AIM_OF_MANY = 1.06;
const TOKEN_AIMS = {
  refresh: { memory: 4.5, embedded: 5.5, redis: 6 },
  code: { memory: 5.5, embedded: 6.5, redis: 7 },
};
const LOGIN_AIMS = { memory: 1.3, embedded: 1.6, redis: 1.6 };

/** The tables, in the order of the document. */
export function tables({ redisUrl, directory, peers, filled, floodSize }: Place): readonly Table[] {
  return [
    {
      id: 'guard',
      title: 'Guarded POST /mcp: CPU time as a multiple of bare Express',
      baseline: BARE,
      rows: [
        { label: 'the minimum for a guard', side: side('leastGuard') },
        ...STORES.map((store) => ({
          label: `ours, ${store}`,
          side: side('ours', { store, redisUrl }),
        })),
        ...STORES.flatMap((store) =>
          [1, 1000].map((tokens) => ({
            label: `ours, ${store}, ${tokens === 1 ? '' : '1,000 tokens, '}over the minimum`,
            side: side('ours', { store, redisUrl, tokens }),
            against: side('leastGuard', { tokens }),
            target: tokens === 1 ? AIMS[store] : AIM_OF_MANY,
          })),
        ),
        { label: 'npm fastmcp, token swap', side: side('fastmcp', { peers }) },
        {
          label: 'npm fastmcp, 1,000 tokens',
          side: side('fastmcp', { peers, tokens: 1000 }),
          against: bareWith(1000),
        },
        { label: 'SDK requireBearerAuth + jose', side: side('sdkBearer') },
        { label: 'express-oauth2-jwt-bearer', side: side('jwtBearer', { peers }) },
        {
          label: 'ours, garbage token',
          side: side('garbage', { store: 'memory' }),
          against: bareWith(1000),
          target: 0.9,
        },
        {
          label: 'ours, forged payload',
          side: side('garbage', { store: 'memory', forged: 'payload' }),
          against: bareWith(1000),
          target: 1.3,
        },
        {
          label: 'ours, forged signature',
          side: side('garbage', { store: 'memory', forged: 'signature' }),
          against: bareWith(1000),
        },
      ],
    },
    ...[false, true].map((isStateful) => ({
      id: isStateful ? 'transport-session' : 'transport-stateless',
      title: `tools/call by StreamableHTTPServerTransport over sockets, ${isStateful ? 'with a session' : 'stateless'}`,
      baseline: { label: 'transport alone', side: side('bareTransport', { isStateful }) },
      rows: [
        { label: 'SDK requireBearerAuth + jose', side: side('sdkTransport', { isStateful }) },
        ...STORES.map((store) => ({
          label: `ours, ${store}`,
          side: side('oursTransport', { store, redisUrl, isStateful }),
        })),
      ],
      runsPerBurst: 500,
      rounds: 20,
      warmUpRuns: 4000,
      tolerance: 0.05,
    })),
    {
      id: 'token',
      title: 'Token endpoint: CPU time as a multiple of a bare POST of a form',
      baseline: BARE_FORM,
      rows: STORES.flatMap((store) => [
        {
          label: `refresh, ${store}`,
          side: side('refresh', { store, redisUrl }),
          target: TOKEN_AIMS.refresh[store],
        },
        {
          label: `code exchange, ${store}`,
          side: side('code', { store, redisUrl }),
          target: TOKEN_AIMS.code[store],
        },
      ]),
      // Few and long ones: in shorter ones the baseline falls in step with the collector.
      rounds: 3,
      warmUpRuns: 2000,
    },
    {
      id: 'login',
      title:
        'A whole login, five requests, the tenant left out: as a multiple of forty bare POSTs of a form',
      baseline: { label: 'forty bare POSTs of a form', side: side('bareForm', { times: 40 }) },
      rows: STORES.map((store) => ({
        label: `login, ${store}`,
        side: side('login', { store, redisUrl }),
        target: LOGIN_AIMS[store],
      })),
      runsPerBurst: 200,
      rounds: 5,
      warmUpRuns: 600,
    },
    ...(['refresh', 'code', 'ours'] as const).map((contender) => ({
      id: `scale-${contender === 'ours' ? 'guard' : contender}`,
      title: `${NAMES[contender]} with several processes at once: as a multiple of one process`,
      baseline: {
        label: 'one process, Redis',
        side: side(contender, { store: 'redis', redisUrl }),
      },
      rows: [
        ...[2, 3, 4].map((processes) => ({
          label: `${processes} processes, Redis`,
          side: side(contender, { store: 'redis', redisUrl }, processes),
        })),
        ...[1, 3].map((processes) => ({
          label: `${processes === 1 ? 'one process' : `${processes} processes`}, embedded`,
          side: side(contender, { store: 'embedded', directory }, processes),
        })),
      ],
      // Short launches: processes differ from one another more than bursts do.
      rounds: 3,
      ...(contender !== 'ours' && { runsPerBurst: 100, warmUpRuns: 1000 }),
    })),
    ...growth(filled),
    {
      id: 'flood',
      title: `Guarded POST /mcp after and between floods of ${floodSize.toLocaleString('en')}`,
      baseline: {
        label: 'no flood',
        side: side('ours', { store: 'memory', tokens: 100 }),
      },
      rows: ['registrations', 'logins', 'garbage tokens'].map((kind) => ({
        label: kind,
        side: side('flood', { store: 'memory', kind, count: floodSize }),
        facts: true,
      })),
      // The collector pays for what a flood leaves behind, in whichever process that is.
      isApart: true,
    },
  ];
}

/**
 * Grants in memory lie in the heap that the collector goes through. So each side has one of its own, bursts
 * are long enough for full collections to fall into them, and all of them count.
 */
const IN_THE_HEAP = {
  ours: { isApart: true, runsPerBurst: 10_000, rounds: 3, warmUpRuns: 10_000, counted: 1 },
  refresh: { isApart: true, runsPerBurst: 2000, rounds: 3, warmUpRuns: 2000, counted: 1 },
} as const;

/** The same operation in small and large stores. */
function growth(filled: Place['filled']): Table[] {
  const [smallest, ...larger] = filled;
  if (smallest === undefined) return [];
  const tokens = 1000;
  const options = (store: string, { grants, directory, redisUrl }: Place['filled'][number]) =>
    store === 'memory'
      ? { store, fill: grants }
      : { store, ...(store === 'embedded' ? { directory } : { redisUrl }) };
  return (['ours', 'refresh'] as const).flatMap((contender) =>
    STORES.map((store) => ({
      id: `growth-${contender === 'ours' ? 'guard' : 'refresh'}-${store}`,
      title: `${contender === 'ours' ? 'Guarded POST /mcp' : 'Refresh'}, ${store}: cost as grants grow`,
      baseline: {
        label: `${smallest.grants.toLocaleString('en')} grants`,
        side: side(contender, { ...options(store, smallest), tokens }),
      },
      rows: larger.map((place) => ({
        label: `${place.grants.toLocaleString('en')} grants`,
        side: side(contender, { ...options(store, place), tokens }),
        target: 1.1,
        facts: store === 'memory',
      })),
      ...(contender === 'refresh' && { runsPerBurst: 200, rounds: 5, warmUpRuns: 1000 }),
      ...(store === 'memory' && IN_THE_HEAP[contender]),
    })),
  );
}
