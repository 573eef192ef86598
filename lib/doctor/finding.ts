/**
 * What a check finds out: one line for a person, one object for a program.
 *
 * @module
 */

/** What is looked at, in the order in which it is. The names are part of `--json`: add, don't rename. */
export const CHECKS = {
  configuration: 'Configuration',
  'signing-key': 'Signing key',
  'encryption-key': 'Encryption key',
  discovery: 'Discovery',
  issuer: 'Issuer',
  clock: 'Clock',
  'signing-algorithms': 'Signing algorithms',
  callback: 'Callback URL',
  audience: 'Audience',
  'client-authentication': 'Client authentication',
  storage: 'Storage',
  eviction: 'Redis eviction policy',
  'base-url': 'Base URL',
  challenge: 'Challenge',
  'resource-metadata': 'Resource metadata',
  'server-metadata': 'Server metadata',
  endpoints: 'Endpoints',
  'client-agents': 'Way in for clients',
  'browser-clients': 'Clients in browsers',
  login: 'Login',
  'granted-scopes': 'Granted scopes',
  'offline-access': 'Offline access',
} as const;

/** Name of a check. */
export type CheckName = keyof typeof CHECKS;

/** How a check ended. A `warning` can wait; a `skipped` one could not be done. */
export type Outcome = 'passed' | 'warning' | 'failed' | 'skipped';

/** The result of one check. No secret is in it. */
export interface Finding {
  readonly check: CheckName;
  readonly outcome: Outcome;
  /** What is the case. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** Findings as they come; what a group of checks learns for later ones is its return value. */
export type Findings<Learned = void> = AsyncGenerator<Finding, Learned>;

export function passed(check: CheckName, message: string): Finding {
  return { check, outcome: 'passed', message };
}

export function warning(check: CheckName, message: string, remedy: string): Finding {
  return { check, outcome: 'warning', message, remedy };
}

export function failed(check: CheckName, message: string, remedy?: string): Finding {
  return { check, outcome: 'failed', message, ...(remedy !== undefined && { remedy }) };
}

/** @param reason why it could not be done, as the end of "not checked: …" */
export function skipped(checks: readonly CheckName[], reason: string): Finding[] {
  return checks.map((check) => ({ check, outcome: 'skipped', message: `not checked: ${reason}` }));
}
