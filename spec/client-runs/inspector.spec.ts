import { describeRun } from './describe-run.js';
import { startInspector } from './inspector.js';

describeRun('MCP Inspector 2 (CLI)', 'inspector', startInspector);
