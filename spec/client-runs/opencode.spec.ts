import { describeRun } from './describe-run.js';
import { startOpencode } from './opencode.js';

describeRun('opencode', 'opencode', startOpencode);
