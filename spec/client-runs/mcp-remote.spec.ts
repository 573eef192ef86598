import { describeRun } from './describe-run.js';
import { startMcpRemote } from './mcp-remote.js';

describeRun('mcp-remote 0.15', 'mcp-remote', startMcpRemote);
