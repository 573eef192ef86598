import { availableParallelism } from 'node:os';

/** @type {import('jest').Config} */
export default {
  testEnvironment: 'node',
  testMatch: ['<rootDir>/spec/**/*.spec.ts'],
  testPathIgnorePatterns: [
    '/node_modules/',
    ...(process.env.SPEC_MODE === 'long' ? [] : ['\\.long\\.spec\\.ts$']),
  ],
  // Specs start browsers, Redis servers and further processes of their own: more workers only queue them.
  maxWorkers: Math.min(availableParallelism(), 4),
  // Modules linked through node:vm are freed with their worker, not before.
  workerIdleMemoryLimit: '1GB',
  testTimeout: 20_000,
  extensionsToTreatAsEsm: ['.ts'],
  moduleFileExtensions: ['ts', 'js', 'mjs', 'cjs', 'json', 'node'],
  moduleNameMapper: {
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^express-auth0-mcp$': '<rootDir>/lib/index.ts',
    '^express-auth0-mcp/redis$': '<rootDir>/lib/redis.ts',
  },
  transform: {
    '^.+\\.ts$': [
      '@swc/jest',
      { jsc: { parser: { syntax: 'typescript' }, target: 'es2022' }, module: { type: 'es6' } },
    ],
  },
};
