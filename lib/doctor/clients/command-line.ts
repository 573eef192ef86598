/** Programs of the command line. */
import { type ClientFacts, PUBLIC_METADATA, USUAL_HABITS } from './client-facts.js';

const claudeCodeRegistered: ClientFacts = {
  name: 'Claude Code (by registration)',
  evidence: { kind: 'run', date: '2026-11-30', version: '2.1.332' },
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'Claude Code (my-server)',
      redirect_uris: ['http://localhost:53118/callback'],
      application_type: 'native',
      scope: 'openid',
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://localhost:53118/callback',
  ...USUAL_HABITS,
  userAgent: 'Bun/1.3.5',
  mcpUserAgent: 'claude-code/2.1.332 (sdk-cli)',
  parallelRefreshes: 3,
  insistsOn: '`iss` equal to the issuer of the metadata',
  strictAbout: ['iss'],
  stepUp: {
    kind: 'manual',
    note: 'names the scope; the next `/mcp` or `claude mcp login NAME` requests it',
  },
};

/** Where the server supports metadata documents. */
const claudeCode: ClientFacts = {
  name: 'Claude Code',
  otherwise: claudeCodeRegistered,
  evidence: { kind: 'run', date: '2026-11-30', version: '2.1.332' },
  introduction: {
    by: 'document',
    url: 'https://claude.ai/oauth/claude-code-client-metadata',
    document: {
      client_name: 'Claude Code',
      redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://localhost:3118/callback',
  ...USUAL_HABITS,
  userAgent: 'Bun/1.3.5',
  mcpUserAgent: 'claude-code/2.1.332 (sdk-cli)',
  parallelRefreshes: 3,
  insistsOn: '`iss` equal to the issuer of the metadata',
  strictAbout: ['iss'],
  note: 'logs in by `claude mcp login` or `/mcp`; the content of its document is from reports',
  stepUp: {
    kind: 'manual',
    note: 'names the scope; the next `/mcp` or `claude mcp login NAME` requests it',
  },
};

/** Versions that sent the origin as the resource. */
const claudeCodeEarlier: ClientFacts = {
  name: 'Claude Code (earlier)',
  isVariant: true,
  evidence: {
    kind: 'reported',
    date: '2026-11-30',
  },
  reportedIn: [
    'anthropics/claude-code#37767',
    'anthropics/claude-code#52871',
    'anthropics/claude-code#84614',
  ],
  introduction: {
    by: 'document',
    url: 'https://claude.ai/oauth/claude-code-client-metadata',
    document: {
      client_name: 'Claude Code',
      redirect_uris: ['http://localhost/callback', 'http://127.0.0.1/callback'],
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://localhost:3118/callback',
  scopes: 'challenge',
  resource: { authorize: 'origin with slash', token: 'origin with slash' },
  tokenAuth: 'none',
  parallelRefreshes: 3,
  stepUp: {
    kind: 'unknown',
    note: 'reported to lose the scope in some versions (anthropics/claude-code#68720, #73712)',
  },
};

const codex: ClientFacts = {
  name: 'Codex CLI',
  evidence: { kind: 'run', date: '2026-11-30', version: '0.171.0' },
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'Codex',
      redirect_uris: ['http://127.0.0.1:51703/callback'],
      application_type: 'native',
      scope: 'openid',
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://127.0.0.1:51703/callback',
  ...USUAL_HABITS,
  firstRequest: 'GET',
  userAgent: 'codex-mcp-client/0.171.0',
  protocolVersion: '2024-11-05',
  refreshesWithScope: true,
  insistsOn: '`iss`, where it is advertised; no secret where it asked for none',
  strictAbout: ['iss', 'no secret'],
  note: 'with `--oauth-client-registration dcr`; where metadata documents are advertised it uses its own',
  stepUp: {
    kind: 'manual',
    note: 'fails; `codex mcp login NAME --scopes openid,files:write` requests the scope',
  },
};

const copilotCliRegistered: ClientFacts = {
  name: 'GitHub Copilot CLI (by registration)',
  evidence: { kind: 'run', date: '2026-11-30', version: '1.0.102' },
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'GitHub Copilot CLI',
      redirect_uris: ['http://127.0.0.1:40117/'],
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://127.0.0.1:40117/',
  ...USUAL_HABITS,
  refreshesWithScope: true,
  insistsOn: '`iss`; an issuer equal to the one that the resource names',
  strictAbout: ['iss', 'issuer'],
  stepUp: { kind: 'automatic', note: 'logs in again by itself' },
};

/** Where the server supports metadata documents. */
const copilotCli: ClientFacts = {
  name: 'GitHub Copilot CLI',
  otherwise: copilotCliRegistered,
  evidence: { kind: 'run', date: '2026-11-30', version: '1.0.102' },
  introduction: {
    by: 'document',
    url: 'https://github.com/copilot/cli/client-metadata.json',
    document: {
      client_name: 'GitHub Copilot CLI',
      redirect_uris: ['http://127.0.0.1/callback'],
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://127.0.0.1:40117/callback',
  ...USUAL_HABITS,
  refreshesWithScope: true,
  insistsOn: '`iss`; an issuer equal to the one that the resource names',
  strictAbout: ['iss', 'issuer'],
  note: 'the content of its document is a guess',
  stepUp: { kind: 'automatic', note: 'logs in again by itself' },
};

const geminiCli: ClientFacts = {
  name: 'Gemini CLI',
  evidence: { kind: 'run', date: '2026-11-30', version: '0.61.0' },
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'Gemini CLI MCP Client',
      redirect_uris: ['http://localhost:49211/oauth/callback'],
      code_challenge_method: ['S256'],
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://localhost:49211/oauth/callback',
  scopes: 'server metadata',
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
  firstRequest: 'HEAD',
  protocolVersion: null,
  userAgent: 'node',
  parallelRefreshes: 2,
  insistsOn: 'a `resource` in the metadata that is the URL it was given',
  strictAbout: ['resource'],
  note: 'refreshes 300 s early',
  stepUp: { kind: 'not needed', note: 'requests every scope of the metadata at the first login' },
};

const qwenCode: ClientFacts = {
  name: 'Qwen Code',
  evidence: { kind: 'run', date: '2026-11-30', version: '0.24.4' },
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'Qwen Code MCP Client',
      redirect_uris: ['http://localhost:7777/oauth/callback'],
      code_challenge_method: ['S256'],
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://localhost:7777/oauth/callback',
  scopes: 'resource metadata',
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
  readsRootMetadata: true,
  protocolVersion: null,
  userAgent: 'node',
  insistsOn: 'metadata at the root of the origin',
  note: 'refreshes 300 s early; two servers on one origin leave it offline (its fault)',
  stepUp: {
    kind: 'manual',
    note: 'takes the 403 for a lost connection; log in again, and select the scope on the consent page',
  },
};

const cline: ClientFacts = {
  name: 'Cline',
  evidence: { kind: 'run', date: '2026-11-30', version: 'CLI 3.0.65' },
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'Cline',
      redirect_uris: ['http://127.0.0.1:1456/mcp/oauth/callback'],
      scope: 'openid',
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://127.0.0.1:1456/mcp/oauth/callback',
  ...USUAL_HABITS,
  userAgent: 'Bun/1.3.5',
  stepUp: {
    kind: 'manual',
    note: 'as in every client with MCP SDK 1, a login starts; otherwise log in again, and select the scope on the consent page',
  },
};

const opencode: ClientFacts = {
  name: 'opencode',
  evidence: { kind: 'run', date: '2026-11-30', version: '1.18.33' },
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'OpenCode',
      client_uri: 'https://opencode.ai',
      redirect_uris: ['http://127.0.0.1:19876/mcp/oauth/callback'],
      scope: 'openid',
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://127.0.0.1:19876/mcp/oauth/callback',
  ...USUAL_HABITS,
  userAgent: 'opencode/1.18.33',
  note: 'registers at every connect',
  stepUp: {
    kind: 'manual',
    note: 'fails with "Unauthorized"; after `opencode mcp logout NAME` and `opencode mcp auth NAME`, select the scope on the consent page',
  },
};

const mcporter: ClientFacts = {
  name: 'mcporter',
  evidence: { kind: 'run', date: '2026-11-30', version: '0.9.0' },
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'mcporter (my-server)',
      redirect_uris: ['http://127.0.0.1:38765/callback'],
      scope: 'openid',
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://127.0.0.1:38765/callback',
  ...USUAL_HABITS,
  userAgent: 'node',
  note: 'refreshes only with a fixed `oauthRedirectUrl`: otherwise it registers again at every run, with the refresh token of the client before',
  stepUp: {
    kind: 'manual',
    note: 'fails; `mcporter auth NAME --reset`, and select the scope on the consent page',
  },
};

const MCP_REMOTE_METADATA = {
  client_name: 'MCP CLI Proxy',
  client_uri: 'https://github.com/modelcontextprotocol/mcp-cli',
  redirect_uris: ['http://localhost:3334/oauth/callback'],
  ...PUBLIC_METADATA,
  software_id: '2e6dc280-f3c3-4e01-99a7-8181dbd1d23d',
  scope: 'openid',
};

const mcpRemoteEarlier: ClientFacts = {
  name: 'mcp-remote 0.1',
  evidence: { kind: 'run', date: '2026-11-30', version: '0.1.38' },
  introduction: {
    by: 'registration',
    metadata: { ...MCP_REMOTE_METADATA, software_version: '0.1.37' },
  },
  redirectUri: 'http://localhost:3335/oauth/callback',
  scopes: 'resource metadata',
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
  userAgent: 'node',
  firstRequest: 'GET',
  insistsOn: 'a resource that is its URL or the origin',
  note: 'has to be started again after its grant was revoked',
  stepUp: {
    kind: 'manual',
    note: 'fails; delete `~/.mcp-auth`, connect again, and select the scope on the consent page; or update to 0.15',
  },
};

const mcpRemote: ClientFacts = {
  name: 'mcp-remote 0.15',
  evidence: { kind: 'run', date: '2026-11-30', version: '0.15.1' },
  introduction: {
    by: 'registration',
    metadata: { ...MCP_REMOTE_METADATA, software_version: '0.15.1', application_type: 'native' },
  },
  redirectUri: 'http://localhost:3335/oauth/callback',
  scopes: 'resource metadata',
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
  userAgent: 'undici',
  firstRequest: 'GET',
  hasPreflight: true,
  refreshesWithScope: true,
  insistsOn: 'a resource that is its URL or the origin',
  stepUp: { kind: 'automatic', note: 'logs in again by itself' },
};

/** Has no OAuth of its own: its terminal UI starts mcp-remote. */
const continueCli: ClientFacts = {
  ...mcpRemote,
  name: 'Continue CLI',
  evidence: { kind: 'reported', date: '2026-11-30', version: '1.5.47' },
  note: 'starts mcp-remote with the URL; with `-p` a 401 is the end',
  stepUp: { kind: 'automatic', note: 'as the mcp-remote that it starts' },
};

const inspector: ClientFacts = {
  name: 'MCP Inspector 2 (CLI)',
  evidence: { kind: 'run', date: '2026-11-30', version: '2.12.0' },
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'MCP Inspector',
      client_uri: 'https://github.com/modelcontextprotocol/inspector',
      redirect_uris: ['http://127.0.0.1:6276/oauth/callback'],
      application_type: 'native',
      scope: 'openid',
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://127.0.0.1:6276/oauth/callback',
  ...USUAL_HABITS,
  userAgent: 'node',
  note: 'without a keyring its CLI logs in for every command, unless `MCP_INSPECTOR_SECRET_STORE=file`',
  stepUp: {
    kind: 'manual',
    note: 'its CLI opens a login for its first scopes: select the scope on the consent page; its web UI asks the user, then logs in again',
  },
};

const inspectorEarlier: ClientFacts = {
  name: 'MCP Inspector 0.x',
  evidence: { kind: 'run', date: '2026-11-30', version: '0.22.0' },
  introduction: {
    by: 'registration',
    metadata: {
      client_name: 'MCP Inspector',
      client_uri: 'https://github.com/modelcontextprotocol/inspector',
      redirect_uris: [
        'http://localhost:6274/oauth/callback',
        'http://localhost:6274/oauth/callback/debug',
      ],
      scope: '',
      ...PUBLIC_METADATA,
    },
  },
  redirectUri: 'http://localhost:6274/oauth/callback/debug',
  scopes: 'resource metadata',
  resource: { authorize: 'exact', token: 'exact' },
  tokenAuth: 'none',
  origin: 'http://localhost:6274',
  insistsOn: 'CORS on every endpoint, `WWW-Authenticate` exposed',
  note: 'its refresh fails: two content types in one header, or none by its proxy (its faults)',
  stepUp: { kind: 'unknown', note: 'not tried' },
};

export const COMMAND_LINE: readonly ClientFacts[] = [
  claudeCode,
  claudeCodeRegistered,
  claudeCodeEarlier,
  codex,
  copilotCli,
  copilotCliRegistered,
  geminiCli,
  qwenCode,
  cline,
  opencode,
  mcporter,
  mcpRemoteEarlier,
  mcpRemote,
  continueCli,
  inspector,
  inspectorEarlier,
];
