import { describeRun } from './describe-run.js';
import { startMcpRemote01 } from './mcp-remote.js';

describeRun('mcp-remote 0.1', 'mcp-remote-0.1', startMcpRemote01);
