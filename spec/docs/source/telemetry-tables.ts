/** The tables of spans and metrics in docs/telemetry.md. */
import { METRICS, SPANS } from '../../../lib/telemetry.js';

export function spansTable(): string {
  const rows = Object.entries(SPANS).map(([name, meaning]) => `| \`${name}\` | ${meaning} |`);
  return ['| span | what it covers |', '|---|---|', ...rows].join('\n');
}

export function metricsTable(): string {
  const rows = Object.entries(METRICS).map(
    ([name, { kind, unit, description }]) =>
      `| \`${name}\` | ${kind} | \`${unit}\` | ${description} |`,
  );
  return ['| metric | kind | unit | meaning |', '|---|---|---|---|', ...rows].join('\n');
}
