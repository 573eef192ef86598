/**
 * Holds the code to the rules of its house: who may import whom, which file does what, what may stand in a
 * comment. A rule that fails names each place and what is wrong there.
 */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { describe, expect, it } from '@jest/globals';

import { RFC_TITLES } from './conformance/rfcs.js';
import { ROOT, type SourceFile, sourceFiles } from './support/source-tree.js';

/** A file may import its own folder and any to its left. Those on one step do not know each other. */
const ORDER = [
  ['oauth', 'keys', 'process-wide', 'deadline', 'once'],
  ['telemetry'],
  // The configuration holds the looks of the pages, checked by their own rules: so they come before it.
  ['storage', 'pages'],
  ['config'],
  ['core', 'outbound-proxy'],
  ['auth0'],
  ['clients'],
  ['grants'],
  ['http'],
  ['bearer'],
  ['app/express-stack', 'app/paths'],
  ['app/context', 'app/resource-context', 'app/other-servers'],
  ['endpoints'],
  ['app'],
  ['auth0-mcp', 'auth0-mcp-resource'],
  ['cli/host'],
  ['doctor', 'setup'],
  ['index', 'redis'],
  ['testing'],
  ['cli'],
];

/** Who may import a package; `types` may name its types only. A package without an entry is nobody's. */
interface Owners {
  readonly code: readonly string[];
  readonly types?: readonly string[];
}

const ANYBODY = ORDER.flat();
const APP = ANYBODY.filter((unit) => /^app(\/|$)/.test(unit));

const OWNERS: Readonly<Record<string, Owners>> = {
  express: {
    code: ['auth0', 'http', 'bearer', 'endpoints', ...APP, 'auth0-mcp', 'doctor'],
  },
  passport: { code: ['auth0'] },
  'passport-openidconnect': { code: ['auth0'] },
  jose: { code: ['auth0', 'clients', 'grants', 'keys', 'testing'], types: ['config'] },
  'express-session': { code: ['http'], types: ['storage'] },
  'express-rate-limit': { code: ['http'], types: ['storage'] },
  redis: { code: ['storage'] },
  'connect-redis': { code: ['storage'] },
  'rate-limit-redis': { code: ['storage'] },
  lmdb: { code: ['storage'] },
  'oidc-provider': { code: ['testing'] },
  '@modelcontextprotocol/client': { code: ['testing'] },
  '@modelcontextprotocol/sdk': { code: ['testing'] },
  undici: { code: ['clients', 'outbound-proxy'] },
  'ipaddr.js': { code: ['clients', 'http'] },
  'lru-cache': { code: ANYBODY },
  '@opentelemetry/api': { code: ['telemetry'] },
};

/** All of Node that a pure rule needs: digests and comparison in constant time. */
const PURE_BUILT_INS = ['node:crypto'];

/** What code that loads `express-auth0-mcp` can call or catch. A name comes or goes by decision only. */
const PUBLIC_VALUES: Readonly<Record<string, readonly string[]>> = {
  'lib/index.ts': [
    'Auth0ApiAccessError',
    'Auth0McpConfigError',
    'Auth0SessionEndedError',
    'NoAuth0TokenError',
    'auth0EnterpriseSubject',
    'auth0Mcp',
    'auth0McpResource',
    'ConnectionRequiredError',
    'connectionRequiredResult',
    'embeddedStorage',
    'getAccessToken',
    'memoryStorage',
    'StorageUnavailableError',
    'storageContract',
    'TokenPassthroughError',
  ],
  'lib/redis.ts': ['redisStorage'],
  'lib/testing/index.ts': ['logIn', 'startTenant'],
};

const lib = sourceFiles('lib');
const spec = sourceFiles('spec');
const demo = sourceFiles('demo');
const everything = [...lib, ...spec, ...demo];

const rank = (unit: string): number => ORDER.findIndex((step) => step.includes(unit));
/** `lib/oauth/pkce.ts` and `lib/oauth/x/y.ts` → `oauth`; `lib/core.ts` → `core`; a file with its own step is a unit. */
const unitOf = (path: string): string => {
  const file = path.replace(/^lib\//, '').replace(/\.[jt]s$/, '');
  return rank(file) >= 0 ? file : file.replace(/[/.].*$/, '');
};
/** `@scope/name/sub` → `@scope/name`. */
const packageOf = (from: string): string => /^(?:@[^/]+\/)?[^/]+/.exec(from)?.[0] ?? from;
const isRelative = (from: string): boolean => from.startsWith('.');
const isBuiltIn = (from: string): boolean => from.startsWith('node:');
const isInFolder = (file: SourceFile, folder: string): boolean =>
  file.path.startsWith(`${folder}/`);

/** What `check` objects to in each file, with the file's name before it. */
function objections(
  files: readonly SourceFile[],
  check: (file: SourceFile) => readonly string[],
): string[] {
  return files.flatMap((file) => check(file).map((objection) => `${file.path}: ${objection}`));
}

/** Matches of a pattern in a file's text that `isWrong`, each with its line. */
function linesWith(
  file: SourceFile,
  pattern: RegExp,
  isWrong: (match: RegExpMatchArray) => boolean = () => true,
): string[] {
  return file.text.split('\n').flatMap((line, index) => {
    const match = pattern.exec(line);
    return match !== null && isWrong(match) ? [`line ${index + 1}: ${line.trim()}`] : [];
  });
}

describe('the order of the folders', () => {
  it('has a place for every file of lib', () => {
    expect(objections(lib, ({ path }) => (rank(unitOf(path)) < 0 ? ['has no place'] : []))).toEqual(
      [],
    );
  });

  it('lets imports go to the left only', () => {
    const check = ({ path, references }: SourceFile): string[] =>
      references
        .filter(({ from }) => isRelative(from))
        .map(({ from }) => posix.join(posix.dirname(path), from))
        .filter((target) => {
          const [own, other] = [unitOf(path), unitOf(target)];
          return other !== own && !(rank(other) >= 0 && rank(other) < rank(own));
        })
        .map((target) => `must not import ${target}`);
    expect(objections(lib, check)).toEqual([]);
  });

  it('has no file that imports itself through others', () => {
    const importsOf = new Map(
      lib.map(({ path, references }) => [
        path,
        references
          .filter(({ from }) => isRelative(from))
          .map(({ from }) => posix.join(posix.dirname(path), from).replace(/\.js$/, '.ts')),
      ]),
    );
    const isDone = new Set<string>();
    const cycleFrom = (path: string, trail: readonly string[]): readonly string[] => {
      if (trail.includes(path)) return [...trail.slice(trail.indexOf(path)), path];
      if (isDone.has(path)) return [];
      isDone.add(path);
      for (const target of importsOf.get(path) ?? []) {
        const cycle = cycleFrom(target, [...trail, path]);
        if (cycle.length > 0) return cycle;
      }
      return [];
    };
    expect(lib.flatMap(({ path }) => cycleFrom(path, []))).toEqual([]);
  });

  it('keeps lib inside lib: no import of spec, of demo, or of itself by name', () => {
    const check = ({ path, references }: SourceFile): string[] =>
      references
        .map(({ from }) => (isRelative(from) ? posix.join(posix.dirname(path), from) : from))
        .filter((target) => /^(spec|demo|scripts|express-auth0-mcp)(\/|$)/.test(target));
    expect(objections(lib, check)).toEqual([]);
  });
});

describe('the test kit and the commands', () => {
  it('are reachable from no other entry of the package', () => {
    const importsOf = new Map(
      lib.map(({ path, references }) => [
        path,
        references
          .filter(({ from }) => isRelative(from))
          .map(({ from }) => posix.join(posix.dirname(path), from).replace(/\.js$/, '.ts')),
      ]),
    );
    const reached = new Set(['lib/index.ts', 'lib/redis.ts']);
    for (const path of reached) for (const target of importsOf.get(path) ?? []) reached.add(target);
    expect(reached.size).toBeGreaterThan(100);
    const apart = /^lib\/(testing|cli|doctor|setup)\//;
    expect([...reached].filter((path) => apart.test(path))).toEqual([]);
  });
});

describe('the packages', () => {
  it('are imported by their owners only', () => {
    const check = ({ path, references }: SourceFile): string[] =>
      references
        .filter(({ from }) => !isRelative(from) && !isBuiltIn(from))
        .filter(({ from, isType }) => {
          const { code = [], types = [] } = OWNERS[packageOf(from)] ?? {};
          return !code.includes(unitOf(path)) && !(isType && types.includes(unitOf(path)));
        })
        .map(({ from }) => `${from} is not for ${unitOf(path)}`);
    expect(objections(lib, check)).toEqual([]);
  });

  it('that lib imports are those that package.json installs with it', () => {
    const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
    const installed = Object.keys({
      ...manifest.dependencies,
      ...manifest.optionalDependencies,
      ...manifest.peerDependencies,
    }).filter((name) => !name.startsWith('@types/'));
    expect(installed.toSorted()).toEqual(Object.keys(OWNERS).toSorted());
  });

  it('of Node are named with node:, and a pure rule needs none but node:crypto', () => {
    const check = ({ references }: SourceFile): string[] =>
      references
        .map(({ from }) => from)
        .filter((from) => isBuiltIn(from) && !PURE_BUILT_INS.includes(from))
        .map((from) => `${from} is not for oauth`);
    expect(
      objections(
        lib.filter((file) => isInFolder(file, 'lib/oauth')),
        check,
      ),
    ).toEqual([]);
  });
});

describe('the files', () => {
  it('are no drawers', () => {
    const drawer = /(^|[/-])(utils?|helpers?|common|shared|misc|lib)(\.ts|[/-]|$)/;
    expect(
      lib.map(({ path }) => path.replace(/^lib\//, '')).filter((path) => drawer.test(path)),
    ).toEqual([]);
  });

  it('have kebab-case names', () => {
    const kebab = /^(?:[a-z0-9]+(?:-[a-z0-9]+)*[/.])*[a-z0-9]+$/;
    expect(everything.map(({ path }) => path).filter((path) => !kebab.test(path))).toEqual([]);
  });

  it('export by name: nothing as default, nothing by star', () => {
    const check = ({ statements }: SourceFile): string[] =>
      statements.filter((kind) => /^ExportDefault|^ExportAll/.test(kind));
    expect(objections(everything, check)).toEqual([]);
  });
});

describe('the endpoints', () => {
  const endpoints = lib.filter((file) => isInFolder(file, 'lib/endpoints'));

  it('are one to a file, named like it', () => {
    const check = ({ path, values }: SourceFile): string[] => {
      const name = posix
        .basename(path, '.ts')
        .replace(/-(\w)/g, (_dash, letter) => letter.toUpperCase());
      const expected = `${name}Endpoint`;
      return values.join() === expected
        ? []
        : [`exports ${values.join(', ')}, not ${expected} alone`];
    };
    expect(objections(endpoints, check)).toEqual([]);
  });

  it('know no paths: those are in the route table', () => {
    const check = ({ strings }: SourceFile): string[] =>
      strings.filter((text) => text.startsWith('/'));
    expect(objections(endpoints, check)).toEqual([]);
  });
});

describe('what comes from outside', () => {
  const named = (file: SourceFile, names: RegExp): string[] =>
    [...file.expressions].filter((expression) => names.test(expression));

  it('the environment is read in config/env.ts only, but for where the platform keeps data', () => {
    const readers = ['lib/config/env.ts', 'lib/storage/embedded/directory.ts'];
    const check = (file: SourceFile): string[] =>
      readers.includes(file.path) ? [] : named(file, /^process\.env\b/);
    expect(objections(lib, check)).toEqual([]);
  });

  it('the pure rules have no clock, no dice and no network', () => {
    const impure =
      /^(?:Date\.now|new Date\(\)|Math\.random|fetch\(\)|setTimeout)|randomBytes|randomUUID|randomInt/;
    const check = (file: SourceFile): string[] => named(file, impure);
    expect(
      objections(
        lib.filter((file) => isInFolder(file, 'lib/oauth')),
        check,
      ),
    ).toEqual([]);
  });

  it('the domain is told the time', () => {
    const check = (file: SourceFile): string[] => named(file, /^(?:Date\.now|new Date\(\))/);
    expect(
      objections(
        lib.filter((file) => isInFolder(file, 'lib/grants')),
        check,
      ),
    ).toEqual([]);
  });
});

describe('comments and switches', () => {
  it('cite RFCs that are in the list', () => {
    const check = ({ text }: SourceFile): string[] =>
      [...text.matchAll(/\bRFC[ -]?(\d{3,5})\b/g)]
        .map(([, number = '']) => number)
        .filter((number) => RFC_TITLES[number] === undefined)
        .map((number) => `RFC ${number} is not in spec/conformance/rfcs.ts`);
    expect(objections(everything, check)).toEqual([]);
  });

  it('nothing is typed any', () => {
    expect(objections(everything, ({ hasAny }) => (hasAny ? ['any'] : []))).toEqual([]);
  });

  it('the type checker is switched off nowhere in lib, and elsewhere with a reason', () => {
    const check = (file: SourceFile): string[] => [
      ...linesWith(file, /@ts-(?:ignore|nocheck)\b/),
      ...linesWith(
        file,
        /@ts-expect-error\b(.*)$/,
        ([, reason = '']) => isInFolder(file, 'lib') || !/\w{3}/.test(reason),
      ),
    ];
    expect(objections(everything.filter(isNotThisFile), check)).toEqual([]);
  });

  it('a lint rule is switched off with a reason, for one line, by its name', () => {
    const reason = /^ lint\/\w+\/\w+: (?!<).*\w{3}/;
    const check = (file: SourceFile): string[] => [
      ...linesWith(file, /biome-ignore-(?:all|start)/),
      ...linesWith(file, /biome-ignore(?!-)(.*)$/, ([, rest = '']) => !reason.test(rest)),
    ];
    expect(objections(everything.filter(isNotThisFile), check)).toEqual([]);
  });

  it('no spec is set aside', () => {
    const aside =
      /^(?:(?:describe|it|test)\.(?:.*\.)?(?:skip|only|todo|failing)\b|[xf](?:it|test|describe)\(\))/;
    const check = ({ expressions }: SourceFile): string[] =>
      [...expressions].filter((expression) => aside.test(expression));
    expect(objections(spec, check)).toEqual([]);
  });

  /** This file spells out what it forbids. */
  function isNotThisFile({ path }: SourceFile): boolean {
    return path !== 'spec/architecture.spec.ts';
  }
});

describe('the public names', () => {
  for (const [path, names] of Object.entries(PUBLIC_VALUES)) {
    it(`of ${path} are the agreed ones`, async () => {
      const module: object = await import(join(ROOT, path));
      expect(Object.keys(module).toSorted()).toEqual(names.toSorted());
    });
  }

  it('are passed on by name, and nothing else happens in an entry', () => {
    const check = ({ statements }: SourceFile): string[] =>
      statements.filter((kind) => kind !== 'ExportNamedDeclaration');
    const entries = lib.filter(({ path }) => path in PUBLIC_VALUES);
    expect(objections(entries, check)).toEqual([]);
  });
});

describe('the repository', () => {
  it('names no host of a package registry and no folder of the machine it was written on', () => {
    const hosts = String.raw`registry\.(npm|yarn)|npmjs\.(org|com)|(deb|security)\.debian|pypi\.org`;
    const folders = String.raw`(^|[^.a-z0-9:/])/(work|root)/|/tmp/[a-z_]+\.[0-9]`;
    const args = ['grep', '-nIE', '--untracked', `${hosts}|${folders}`];
    const { status, stdout } = spawnSync('git', args, { cwd: ROOT, encoding: 'utf8' });
    expect(stdout).toBe('');
    // What git answers when it looked and found nothing.
    expect(status).toBe(1);
  });
});
