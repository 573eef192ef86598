import { availableParallelism } from 'node:os';

const isClients = process.env.SPEC_MODE === 'clients';

/** What holds for every spec, on whichever Express. */
const specs = {
  testEnvironment: 'node',
  testMatch: [`<rootDir>/spec/${isClients ? 'client-runs/' : ''}**/*.spec.ts`],
  testPathIgnorePatterns: [
    '/node_modules/',
    ...(process.env.SPEC_MODE === 'long' ? [] : ['\\.long\\.spec\\.ts$']),
    ...(isClients ? [] : ['/spec/client-runs/']),
  ],
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^express-auth0-mcp$': '<rootDir>/lib/index.ts',
    '^express-auth0-mcp/redis$': '<rootDir>/lib/redis.ts',
    '^express-auth0-mcp/testing$': '<rootDir>/lib/testing/index.ts',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      {
        jsc: {
          parser: { syntax: 'typescript' },
          target: 'es2022',
          experimental: { keepImportAttributes: true },
        },
        module: { type: 'es6' },
      },
    ],
  },
};

/** The flows once more: `import 'express'` is Express 4, for the specs, the library and the SDK alike. */
const express4 = {
  ...specs,
  displayName: 'express 4',
  globals: { expressMajor: 4 },
  testMatch: ['<rootDir>/spec/flows/**/*.spec.ts'],
  // These compare the two by themselves, or are about browsers, Auth0 and the store, where Express has no part.
  testPathIgnorePatterns: [
    ...specs.testPathIgnorePatterns,
    '/grant-life/auth0-token\\.spec',
    '/grant-life/(one-refresh|bad-days|store-outage|soak)\\.',
    '/grant-life/(administration|diagnosis|events|foreign-store|refresh)\\.',
    '/connected-apps/(chromium|bad-days)\\.',
    '/connected-accounts/(chromium|tokens)\\.',
    '/flows/storage/',
    '/flows/life-cycle\\.',
    '/flows/(login-tabs|login-flows|other-sites|double-click|popups|small-windows|planted-cookies)\\.',
    '/flows/(caller-addresses|client-binding|tenant-denial|unnamed-application)\\.',
    '/grant-life/(refresh-reuse|step-up|backchannel-logout)\\.',
  ],
  moduleNameMapper: {
    ...specs.moduleNameMapper,
    '^express$': '<rootDir>/node_modules/express4/index.js',
  },
};

/** @type {import('jest').Config} */
export default {
  projects: isClients ? [specs] : [specs, express4],
  testTimeout: 20_000,
  // Specs start browsers, Redis servers and further processes of their own: more workers only queue them.
  maxWorkers: Math.min(availableParallelism(), 4),
  // Modules linked through node:vm are freed with their worker, not before.
  workerIdleMemoryLimit: '1GB',
};
