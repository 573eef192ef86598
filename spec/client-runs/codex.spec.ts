import { startCodex } from './codex.js';
import { describeRun } from './describe-run.js';

describeRun('Codex CLI', 'codex', startCodex);
