/** Results of checks, and their output as text and as JSON. */

import type { CommandHost } from '../cli/host.js';

/** All checks in order, with their titles. The names are part of `--json`: add, do not rename. */
export const CHECKS = {
  configuration: 'Configuration',
  'signing-key': 'Signing key',
  'encryption-key': 'Encryption key',
  'outbound-proxy': 'Outbound proxy',
  discovery: 'Discovery',
  issuer: 'Issuer',
  clock: 'Clock',
  'signing-algorithms': 'Signing algorithms',
  'client-registration': 'Client registration',
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
  'client-agents': 'Access for clients',
  'browser-clients': 'Clients in browsers',
  login: 'Login',
  'granted-scopes': 'Granted scopes',
  'offline-access': 'Offline access',
  'other-apis': 'Other APIs',
} as const;

export type CheckName = keyof typeof CHECKS;

/** A `warning` is not urgent; a `skipped` check could not be done. */
export type Outcome = 'passed' | 'warning' | 'failed' | 'skipped';

/** The result of one check. Contains no secret. */
export interface Finding {
  readonly check: CheckName;
  readonly outcome: Outcome;
  /** The fact. */
  readonly message: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** Findings as soon as each is known; the return value is passed on to later checks. */
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

/** @param reason the end of "not checked: …" */
export function skipped(checks: readonly CheckName[], reason: string): Finding[] {
  return checks.map((check) => ({ check, outcome: 'skipped', message: `not checked: ${reason}` }));
}

/**
 * Servers decide parts of the text: in a terminal control characters are commands (ECMA-48), and format characters
 * reorder a line.
 */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/** Text for a terminal: line ends stay. */
export function withoutControls(text: string): string {
  return text.replace(UNPRINTABLE, (character) => (character === '\n' ? character : ' '));
}

/** JSON for a terminal: `JSON.stringify` escapes only some of these characters. */
export function toPrintableJson(report: object): string {
  const escaped = (unit: string): string =>
    `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`;
  const text = JSON.stringify(report, null, 2).replace(UNPRINTABLE, (character) =>
    character === '\n' ? character : character.split('').map(escaped).join(''),
  );
  return `${text}\n`;
}

type Color = CommandHost['color'];

export const MARKS: Readonly<
  Record<Outcome, readonly [mark: string, color: Parameters<Color>[0]]>
> = {
  passed: ['✓', 'green'],
  warning: ['!', 'yellow'],
  failed: ['✗', 'red'],
  skipped: ['–', 'gray'],
};

/** One finding: its lines, and the remedy below. @param checks those that were skipped for the same reason */
function asText(
  { check, outcome, message, remedy }: Finding,
  color: Color,
  checks: readonly CheckName[] = [check],
): string {
  const [mark, name] = MARKS[outcome];
  const titles = checks.map((one) => CHECKS[one]).join(', ');
  const text = withoutControls(message).replaceAll('\n', '\n    ');
  const line = `${color(name, mark)} ${titles}: ${text}\n`;
  return remedy === undefined ? line : `${line}    → ${withoutControls(remedy)}\n`;
}

/** Prints findings as they come; skipped checks are collected, to name all that have one reason in one line. */
export function findingWriter(color: Color): (finding: Finding | undefined) => string {
  let waiting: Finding[] = [];
  return (finding) => {
    const [first] = waiting;
    const joins = finding?.outcome === 'skipped' && (first ?? finding).message === finding.message;
    const collected = waiting.map(({ check }) => check);
    const text = first === undefined || joins ? '' : asText(first, color, collected);
    if (!joins) waiting = [];
    if (finding?.outcome === 'skipped') {
      waiting.push(finding);
      return text;
    }
    return finding === undefined ? text : text + asText(finding, color);
  };
}

/** The last line of the text. */
export function summary(findings: readonly Finding[]): string {
  const count = (outcome: Outcome): number =>
    findings.filter((finding) => finding.outcome === outcome).length;
  const [failures, open] = [count('failed'), count('skipped')];
  const verdict =
    failures === 0 ? 'No check failed' : `${failures} of ${findings.length} checks failed`;
  return `\n${verdict}${open === 0 ? '' : `; ${open} not checked`}.\n`;
}

/** The whole report. `ok` corresponds to the exit code. */
export function asJson(findings: readonly Finding[]): string {
  const checks = findings.map((finding) => ({ title: CHECKS[finding.check], ...finding }));
  return toPrintableJson({ ok: isHealthy(findings), checks });
}

/** Whether no check failed; warnings and skipped checks do not count. */
export function isHealthy(findings: readonly Finding[]): boolean {
  return !findings.some(({ outcome }) => outcome === 'failed');
}
