/**
 * All of them, in the order of the table.
 *
 * @module
 */
import { chatgpt } from './chatgpt.js';
import { chatgptDocument } from './chatgpt-document.js';
import { claude } from './claude.js';
import { claudeCode } from './claude-code.js';
import type { ClientFixture } from './client-fixture.js';
import { codex } from './codex.js';
import { copilotCli } from './copilot-cli.js';
import { copilotStudio } from './copilot-studio.js';
import { cursor } from './cursor.js';
import { geminiCli } from './gemini-cli.js';
import { inspector } from './inspector.js';
import { mcpRemote } from './mcp-remote.js';
import { opencode } from './opencode.js';
import { vsCode } from './vs-code.js';
import { zed } from './zed.js';

export const CLIENT_FIXTURES: readonly ClientFixture[] = [
  claude,
  claudeCode,
  chatgpt,
  chatgptDocument,
  codex,
  cursor,
  vsCode,
  zed,
  geminiCli,
  mcpRemote,
  inspector,
  copilotCli,
  copilotStudio,
  opencode,
];
