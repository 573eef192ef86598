/**
 * Findings as text for a person, and as JSON for a program.
 *
 * @module
 */
import { CHECKS, type Finding, type Outcome } from './finding.js';

const MARKS: Readonly<Record<Outcome, string>> = {
  passed: '✓',
  warning: '!',
  failed: '✗',
  skipped: '–',
};

/** One finding: a line, or one for each that is missing, and the remedy below. */
export function asText({ check, outcome, message, remedy }: Finding): string {
  const line = `${MARKS[outcome]} ${CHECKS[check]}: ${message.replaceAll('\n', '\n    ')}\n`;
  return remedy === undefined ? line : `${line}    → ${remedy}\n`;
}

/** The last line. */
export function summary(findings: readonly Finding[]): string {
  const count = (outcome: Outcome): number =>
    findings.filter((finding) => finding.outcome === outcome).length;
  const [failures, open] = [count('failed'), count('skipped')];
  const verdict =
    failures === 0 ? 'Nothing found wrong' : `${failures} of ${findings.length} checks failed`;
  return `\n${verdict}${open === 0 ? '' : `; ${open} not checked`}.\n`;
}

/** The whole report. `ok` is what the exit code says. */
export function asJson(findings: readonly Finding[]): string {
  const checks = findings.map((finding) => ({ title: CHECKS[finding.check], ...finding }));
  return `${JSON.stringify({ ok: isHealthy(findings), checks }, null, 2)}\n`;
}

/** Warnings and checks that could not be done are no failures. */
export function isHealthy(findings: readonly Finding[]): boolean {
  return !findings.some(({ outcome }) => outcome === 'failed');
}
