import { describeRun } from './describe-run.js';
import { startMcporter } from './mcporter.js';

describeRun('mcporter', 'mcporter', startMcporter);
