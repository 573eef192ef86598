/** All of them, in the order of the table. */
import { chatgpt } from './chatgpt.js';
import { chatgptConnector, chatgptDocument } from './chatgpt-document.js';
import { claudeDocument, claudeRegistered, claudeWithSecret } from './claude.js';
import { claudeCode } from './claude-code.js';
import type { ClientFacts } from './client-facts.js';
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

export const CLIENTS: readonly ClientFacts[] = [
  claudeDocument,
  claudeRegistered,
  claudeWithSecret,
  claudeCode,
  chatgpt,
  chatgptDocument,
  chatgptConnector,
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
