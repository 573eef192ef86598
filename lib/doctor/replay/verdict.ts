/** What the replay of a client ended in, and its output as text and as JSON. */
import type { CommandHost } from '../../cli/host.js';
import type { ClientFacts, Evidence } from '../clients/client-facts.js';
import { MARKS, type Outcome, toPrintableJson, withoutControls } from '../finding.js';

/** The steps of a client in order, with their titles. The names are part of `--json`: add, do not rename. */
export const STEPS = {
  endpoint: 'First request',
  'resource-metadata': 'Resource metadata',
  'server-metadata': 'Server metadata',
  'client-id': 'Client id',
  authorization: 'Authorization request',
  token: 'Token request',
  login: 'Login',
  call: 'MCP request with the token',
  refresh: 'Refresh',
} as const;

export type Step = keyof typeof STEPS;

/** Whose fault it is. The names are part of `--json`. */
const FAULTS = {
  server: 'this server',
  client: 'the client',
  proxy: 'a proxy or firewall between',
  unknown: 'not known',
} as const;

export type Fault = keyof typeof FAULTS;

/** A step that this client cannot get past, or only just. `message` contains no secret. */
export interface Problem {
  readonly step: Step;
  readonly fault: Fault;
  readonly message: string;
  readonly remedy: string;
}

/** Ends the replay of one client. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly problem: Problem;
  /** The check can be repeated later: it says nothing about the client. */
  readonly isTemporary: boolean;

  constructor(problem: Problem, isTemporary = false) {
    super(problem.message);
    const { message, remedy } = problem;
    this.problem = { ...problem, message: printable(message), remedy: printable(remedy) };
    this.isTemporary = isTemporary;
  }
}

/** In one line, without control characters, which a terminal would interpret: a foreign server may send them. */
export function printable(text: string): string {
  return text.replace(/[^\x20-\x7e\u00a0-\uffff]+/g, ' ').trim();
}

/** The result for one client; or for the endpoint, which has no facts. */
export interface Verdict extends Partial<Problem> {
  readonly client: string;
  readonly outcome: Outcome;
  readonly message: string;
  readonly facts?: Evidence;
}

export function verdictOf(
  { name, evidence }: ClientFacts,
  outcome: Outcome,
  result: string | Problem,
): Verdict {
  const details = typeof result === 'string' ? { message: result } : result;
  return { client: name, outcome, ...details, facts: evidence };
}

/** Prints verdicts; a problem that several clients have is explained once. */
export function verdictWriter(color: CommandHost['color']): (verdict: Verdict) => string {
  const explained = new Map<string, string>();
  return (verdict) => {
    const { client, outcome, step, fault, message, remedy, facts } = verdict;
    const [mark, name] = MARKS[outcome];
    const start = `${color(name, mark)} ${client}${facts === undefined ? '' : ` (${sourceOf(facts)})`}: `;
    const lines = withoutControls(message).replaceAll('\n', '\n    ');
    if (remedy === undefined) return `${start}${lines}\n`;
    const problem = JSON.stringify([outcome, step, fault, message, remedy]);
    const first = explained.get(problem);
    const title = step === undefined ? '' : `${STEPS[step]}: `;
    if (first !== undefined) return `${start}${title}the same as ${first}\n`;
    explained.set(problem, client);
    const whose = fault === undefined ? '' : `    Fault: ${FAULTS[fault]}\n`;
    return `${start}${title}${lines}\n${whose}    → ${withoutControls(remedy)}\n`;
  };
}

function sourceOf(facts: Evidence): string {
  return facts.kind === 'run' ? `run ${facts.date}, ${facts.version}` : `reported, ${facts.date}`;
}

/** The last line of the text. */
export function verdictSummary(verdicts: readonly Verdict[]): string {
  const clients = verdicts.filter(({ facts }) => facts !== undefined);
  const count = (...outcomes: readonly Outcome[]): number =>
    clients.filter(({ outcome }) => outcomes.includes(outcome)).length;
  const open = count('skipped');
  if (open === clients.length) return '\nNo client was checked.\n';
  const verdict = `${count('passed', 'warning')} of ${clients.length} clients passed`;
  return `\n${verdict}${open === 0 ? '' : `; ${open} not checked`}.\n`;
}

/** The whole report. `ok` corresponds to the exit code. */
export function verdictsAsJson(verdicts: readonly Verdict[]): string {
  const [endpoint, ...clients] = verdicts;
  return toPrintableJson({ ok: isAllRight(verdicts), endpoint, clients });
}

export function isAllRight(verdicts: readonly Verdict[]): boolean {
  return !verdicts.some(({ outcome }) => outcome === 'failed');
}
