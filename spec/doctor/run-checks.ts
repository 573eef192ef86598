/** Runs the checks of the doctor with an environment, and returns the findings by check. */
import { randomBytes } from 'node:crypto';

import { expect } from '@jest/globals';
import { type DoctorSettings, runChecks } from '../../lib/doctor/doctor.js';
import type { CheckName, Finding } from '../../lib/doctor/finding.js';
import { DEMO_AUDIENCE, DEMO_CLIENT_ID, DEMO_CLIENT_SECRET } from '../../lib/testing/options.js';

export const STRONG_KEY: string = randomBytes(32).toString('base64url');

/** A valid environment for a tenant and a server, which need not run. */
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

/** Of several findings of one check, the failed one. */
export type Report = Readonly<Partial<Record<CheckName, Finding>>> & { readonly all: Finding[] };

/** Runs all checks that need neither our server nor a user, by default. */
export async function reportOf(
  environment: Readonly<Record<string, string>>,
  changes: Partial<DoctorSettings> = {},
): Promise<Report> {
  const settings: DoctorSettings = {
    environment,
    withServer: false,
    withLogin: false,
    now: () => Math.floor(Date.now() / 1000),
    promptLogin: () => undefined,
    ...changes,
  };
  const all: Finding[] = [];
  for await (const finding of runChecks(settings)) all.push(finding);
  const found: Partial<Record<CheckName, Finding>> = {};
  for (const finding of all) {
    if (found[finding.check]?.outcome !== 'failed') found[finding.check] = finding;
  }
  return { ...found, all };
}

/** A failed check with `says` in its message and `advises` in its remedy. */
export function failure(says: string, advises: string): object {
  return {
    outcome: 'failed',
    message: expect.stringContaining(says),
    remedy: expect.stringContaining(advises),
  };
}
