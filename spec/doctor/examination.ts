/**
 * The doctor, sent to look at an environment; what it found, by check.
 *
 * @module
 */
import { randomBytes } from 'node:crypto';

import { expect } from '@jest/globals';

import { DEMO_AUDIENCE, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET } from '../../demo/tenant/options.js';
import { diagnose, type Examination } from '../../lib/doctor/diagnosis.js';
import type { CheckName, Finding } from '../../lib/doctor/finding.js';

/** As good as a key can be. */
export const STRONG_KEY: string = randomBytes(32).toString('base64url');

/** Everything right, for a tenant and a server. Ports of 127.0.0.1 at which nothing listens will do. */
export function environmentFor(places: {
  configUrl: string;
  baseUrl: string;
}): Record<string, string> {
  return {
    AUTH0_MCP_CONFIG_URL: places.configUrl,
    AUTH0_MCP_BASE_URL: places.baseUrl,
    AUTH0_MCP_CLIENT_ID: DEMO_CLIENT_ID,
    AUTH0_MCP_CLIENT_SECRET: DEMO_CLIENT_SECRET,
    AUTH0_MCP_AUDIENCE: DEMO_AUDIENCE,
    AUTH0_MCP_JWT_SIGNING_KEY: STRONG_KEY,
  };
}

/** A check may find more than one thing; the worst comes first. */
export type Report = Readonly<Partial<Record<CheckName, Finding>>> & { readonly all: Finding[] };

/** Runs all checks that need neither our server nor a person, unless told otherwise. */
export async function examine(
  environment: Readonly<Record<string, string>>,
  how: Partial<Examination> = {},
): Promise<Report> {
  const examination: Examination = {
    environment,
    withServer: false,
    withLogin: false,
    now: () => Math.floor(Date.now() / 1000),
    invite: () => undefined,
    ...how,
  };
  const all: Finding[] = [];
  for await (const finding of diagnose(examination)) all.push(finding);
  const found: Partial<Record<CheckName, Finding>> = {};
  for (const finding of all) {
    if (found[finding.check]?.outcome !== 'failed') found[finding.check] = finding;
  }
  return { ...found, all };
}

/** What a failed check has to have: a sentence with `says`, and a remedy with `advises`. */
export function failure(says: string, advises: string): object {
  return {
    outcome: 'failed',
    message: expect.stringContaining(says),
    remedy: expect.stringContaining(advises),
  };
}
