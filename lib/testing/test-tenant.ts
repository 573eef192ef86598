/** The public side of the stand-in: a tenant for the tests of an app. */
import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';

import type { Auth0McpOptions } from '../config/options.js';
import { memoryStorage } from '../storage/memory-storage.js';
import { discover, logInAsClient } from './client-login.js';
import { expiredToken } from './expired-token.js';
import { type Fault, type FaultName, NAMED_FAULTS } from './faults.js';
import { logIn } from './log-in.js';
import { close, listen } from './loopback-server.js';
import {
  type MachineConnectOptions,
  type MachineOptions,
  machineCredentials,
  machineProvider,
  type TestMachine,
  tokensOfMachine,
} from './machine.js';
import {
  type ConnectedClient,
  connectClient,
  connectWith,
  type McpClient,
  type UnconnectedClient,
} from './mcp-client.js';
import {
  type Api,
  type Application,
  DEFAULT_APIS,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
  type TenantSettings,
  type TestTenantSettings,
  type User,
} from './options.js';
import type { TenantRequest } from './request-log.js';
import { type CallTenant, startThread, type TenantThread } from './tenant-thread.js';

/** A user. Each property has a default, made from the name of the user in `users`, such as `ada`. */
export interface TestUser {
  /** Default: `auth0|ada`. */
  readonly sub?: string;
  /** Default: `ada@example.com`. */
  readonly email?: string;
  /** For a person at the login page. Default: `password`. */
  readonly password?: string;
  /** Default: `Ada`. */
  readonly name?: string;
  /** Permissions at the APIs that have `rbac`. Default: all scopes of these APIs. */
  readonly permissions?: readonly string[];
  /** Connections of which the user has connected an account before. Default none. */
  readonly connectedAccounts?: readonly string[];
  /** Further claims of the ID token, as from an Action, such as `org_id`. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Default false. */
  readonly blocked?: boolean;
}

/** A user with the defaults. */
export type TestAccount = Required<Pick<TestUser, 'sub' | 'email' | 'password' | 'name'>>;

/** What `configure()` can change while the tenant runs. */
export interface TestTenantChange extends Partial<TestTenantSettings> {
  /** Replaces all users. */
  readonly users?: Readonly<Record<string, TestUser>>;
  /** Changes to the application that `options` names. */
  readonly application?: Partial<Application>;
}

/** Options of `startTenant()`. */
export interface TestTenantOptions extends TestTenantChange {
  /** Default: a free port. The tenant listens on 127.0.0.1 only. */
  readonly port?: number;
  /**
   * Stores signing keys, sessions, refresh tokens and registered applications here, for the next start; choose a `port`
   * as well, since it is part of the issuer. Default: nothing is stored.
   */
  readonly directory?: string;
  /**
   * Applications besides the one that `options` names, such as an agent in which employees sign in. Without
   * `callbackUrls` one accepts every redirect URI on this machine.
   */
  readonly furtherApplications?: readonly Application[];
  /** Faults from the start, each at every path. */
  readonly faults?: readonly (FaultName | Fault)[];
}

/** The user of a login. */
export interface LoginOptions {
  /** Name of a user of the tenant. Default: the first. */
  readonly as?: string;
}

/** The user, the scopes and the client of a login to a server. */
export interface ConnectOptions<C = McpClient> extends LoginOptions {
  /** The scopes that the client requests. Default: those that the server requires. */
  readonly scopes?: readonly string[];
  /** A client of `@modelcontextprotocol/sdk` or `@modelcontextprotocol/client`. Default: one of the installed package. */
  readonly client?: C & UnconnectedClient;
}

/** Where a fault applies. */
export interface FaultOptions {
  /** Such as `/oauth/token`. Default: every path. */
  readonly path?: string;
  /** Number of requests. Default: all. */
  readonly times?: number;
}

/** The contents of an access token. */
export interface Auth0TokenOptions extends LoginOptions {
  /** Identifier of an API. Default: the first. */
  readonly audience?: string;
  /** Default: none. */
  readonly scopes?: readonly string[];
  /** Merged over the correct claims; `undefined` removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
  /** Negative for a token that has expired. Default: 3600. */
  readonly expiresInSeconds?: number;
}

/** The contents of an identity assertion (ID-JAG). */
export interface IdJagOptions extends LoginOptions {
  /** The client that will present it, by its id at the server. */
  readonly clientId: string;
  /** Default: no `scope` claim. */
  readonly scopes?: readonly string[];
  /** Negative for one that has expired. Default: 300. */
  readonly expiresInSeconds?: number;
  /** Merged over the correct claims, such as `{ sub: '00u1' }`; `undefined` removes one. */
  readonly claims?: Readonly<Record<string, unknown>>;
}

/** Options for `auth0Mcp()` that name the tenant. */
export type TenantServerOptions = Readonly<
  Required<
    Pick<Auth0McpOptions, 'configUrl' | 'clientId' | 'clientSecret' | 'audience' | 'storage'>
  >
> & { readonly jwtSigningKey: string };

/** A running stand-in for an Auth0 tenant. */
export interface TestTenant {
  /**
   * For `auth0Mcp()`, besides `baseUrl`: the tenant, a new storage in memory, and a signing key. A `baseUrl` by http on
   * this machine needs no further setting; for others give the tenant `application: { callbackUrls }`.
   */
  readonly options: TenantServerOptions;
  /** For `auth0McpResource()`. */
  readonly configUrl: string;
  /** With a trailing slash. */
  readonly issuer: string;
  /** The users by name, with their defaults. */
  readonly users: Readonly<Record<string, TestAccount>>;
  /**
   * Serves an app on a free port until `close()`.
   *
   * @param build makes the Express app from complete options for `auth0Mcp()`
   * @returns its `baseUrl`
   */
  serve(
    build: (options: TenantServerOptions & { readonly baseUrl: string }) => RequestListener,
  ): Promise<string>;
  /**
   * Logs in to an MCP server as its clients do: metadata, registration, consent, login, token. The client refreshes its
   * token by itself; where a tool requires another scope, the call is rejected, and the next one has the scope.
   *
   * @param mcpUrl of the MCP endpoint; its server has to listen
   */
  connect<C = McpClient>(mcpUrl: string | URL, options?: ConnectOptions<C>): Promise<C>;
  /** The access token that a client has after the same login, for requests without an SDK. */
  token(mcpUrl: string | URL, options?: Omit<ConnectOptions, 'client'>): Promise<string>;
  /**
   * The user's part in the login of any client: allows the client and logs in.
   *
   * @param authorizeUrl that the client opens in the browser
   * @returns the redirect to the client, not visited
   */
  logIn(authorizeUrl: string | URL, options?: LoginOptions): Promise<URL>;
  /** An access token of the tenant, without a login: for `auth0McpResource()` and for your APIs. */
  auth0Token(options?: Auth0TokenOptions): Promise<string>;
  /**
   * An identity assertion (ID-JAG) for a server, as from the identity provider of an enterprise: for `auth0Mcp()` with
   * `enterprise: [{ issuer: tenant.issuer, clients: ['my-client'], subject: ({ sub }) => sub }]`.
   *
   * @param mcpUrl of the MCP endpoint; its server has to listen
   */
  idJag(mcpUrl: string | URL, options: IdJagOptions): Promise<string>;
  /**
   * A client without a user (client credentials): adds a machine-to-machine application to the tenant. Make it before the
   * server, which has `clients: [machine.entry]`.
   */
  machine(options?: MachineOptions): Promise<TestMachine>;
  /** The access tokens of the clients from `connect()` expire: their next call refreshes. */
  expire(): Promise<void>;
  /**
   * Revokes the sessions and refresh tokens of a user. Servers are notified by back-channel logout, as where the
   * application at Auth0 has a Back-Channel Logout URI.
   *
   * @param options.notify default true; without it a server notices at its next request to Auth0 for this user
   */
  revoke(options?: LoginOptions & { readonly notify?: boolean }): Promise<void>;
  /** Injects a fault into the responses of the tenant. Returns a function that ends it. */
  fault(fault: FaultName | Fault, options?: FaultOptions): Promise<() => Promise<void>>;
  /** Changes settings. */
  configure(change: TestTenantChange): Promise<void>;
  /** The next signing key becomes the current one, as after "Rotate Signing Key". */
  rotateSigningKey(): Promise<void>;
  /** All requests since the start or `reset()`, oldest first, secrets included. */
  requests(): Promise<readonly TenantRequest[]>;
  /** Ends all faults, deletes the recorded requests and restores the settings, for example after each test. */
  reset(): Promise<void>;
  /** Closes the clients from `connect()`, the servers from `serve()` and the tenant. */
  close(): Promise<void>;
  /** The same as `close()`, for `await using`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Starts a stand-in for an Auth0 tenant on this machine. It requires the package `oidc-provider`.
 *
 * @throws if `oidc-provider` is not installed or the port is taken
 */
export async function startTenant(options: TestTenantOptions = {}): Promise<TestTenant> {
  return await startTenantIn(startThread(), options);
}

/** @param thread that has no tenant yet */
export async function startTenantIn(
  { call, stop }: TenantThread,
  {
    port = 0,
    directory: stateDirectory,
    furtherApplications = [],
    faults = [],
    ...settings
  }: TestTenantOptions,
): Promise<TestTenant> {
  const loopbackCallbacks = settings.application?.callbackUrls === undefined;
  let directory = directoryOf(settings);
  const configure = async (change: TestTenantChange) => {
    directory = directoryOf({ ...directory, ...change });
    await call('configure', settingsOf(change, directory), change.application);
  };
  const fault = async (name: FaultName | Fault, { path = '*', times }: FaultOptions = {}) => {
    const index = await call(
      'fault',
      path,
      typeof name === 'string' ? NAMED_FAULTS[name] : name,
      times,
    );
    return async () => void (await call('endFault', index));
  };
  const { issuer, configUrl } = await call(
    'start',
    {
      port,
      loopbackCallbacks,
      furtherApplications,
      ...(stateDirectory !== undefined && { directory: stateDirectory }),
      ...settingsOf(settings, directory),
    },
    settings.application,
  ).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  for (const one of faults) await fault(one);
  const jwtSigningKey = randomBytes(32).toString('base64url');
  const visit = (as?: string) => (url: string | URL) => logIn(url, userNamed(as, directory));
  const clients = createClients(issuer, jwtSigningKey, call);
  const servers = createServers();
  const close = async () => {
    await clients.close();
    await servers.close();
    await stop();
  };

  const tenant: TestTenant = {
    issuer,
    configUrl,
    get options() {
      const { clientId, clientSecret } = { ...DEFAULT_CLIENT, ...settings.application };
      const [{ identifier: audience } = NO_API] = directory.apis;
      const storage = memoryStorage();
      return { configUrl, clientId, clientSecret, audience, jwtSigningKey, storage };
    },
    get users() {
      return directory.accounts;
    },
    connect: (mcpUrl, { as, scopes, client } = {}) =>
      clients.connect(new URL(mcpUrl), scopes, visit(as), client),
    async token(mcpUrl, { as, scopes } = {}) {
      return (await logInAsClient(new URL(mcpUrl), scopes, visit(as))).tokens.access_token;
    },
    logIn: (authorizeUrl, { as } = {}) => visit(as)(authorizeUrl),
    auth0Token({
      as,
      audience = directory.apis[0]?.identifier ?? '',
      scopes = [],
      ...request
    } = {}) {
      const { sub } = userNamed(as, directory);
      const clientId = settings.application?.clientId ?? DEMO_CLIENT_ID;
      return call('issueAccessToken', {
        sub,
        audience,
        scopes,
        clientId,
        expiresInSeconds: 3600,
        ...request,
      });
    },
    idJag: (mcpUrl, { as, ...request }) =>
      issueIdJag(new URL(mcpUrl), userNamed(as, directory), request, call),
    machine: (options = {}) => addMachine(options, directory.apis, call, clients.adopt),
    expire: clients.expire,
    revoke: ({ as, notify = true } = {}) =>
      call('logoutUser', userNamed(as, directory).sub, notify),
    fault,
    configure,
    rotateSigningKey: () => call('rotateSigningKeys'),
    requests: () => call('requests'),
    async reset() {
      directory = directoryOf(settings);
      await call('reset');
    },
    serve: (build) => servers.start((baseUrl) => build({ ...tenant.options, baseUrl })),
    close,
    [Symbol.asyncDispose]: close,
  };
  return tenant;
}

async function issueIdJag(
  mcpUrl: URL,
  { sub }: TestAccount,
  { scopes, ...request }: Omit<IdJagOptions, 'as'>,
  call: CallTenant,
): Promise<string> {
  const { resource, server } = await discover(mcpUrl);
  const scope = scopes === undefined ? {} : { scope: scopes.join(' ') };
  const audience = String(server['issuer']);
  return await call('issueIdJag', { sub, audience, resource, ...scope, ...request });
}

/** The servers of `serve()`. */
function createServers() {
  const servers: Server[] = [];
  return {
    async start(build: (baseUrl: string) => RequestListener): Promise<string> {
      const server = createServer();
      servers.push(server);
      const baseUrl = `http://127.0.0.1:${await listen(server, 0)}`;
      server.on('request', build(baseUrl));
      return baseUrl;
    },
    async close() {
      await Promise.all(servers.splice(0).map(close));
    },
  };
}

const DEFAULT_USERS = { ada: { name: 'Ada Lovelace' }, bob: { name: 'Bob Noyce' } };
const DEFAULT_CLIENT = { clientId: DEMO_CLIENT_ID, clientSecret: DEMO_CLIENT_SECRET };
const NO_API: Api = { identifier: '' };

/** The users and APIs of the tenant, as given and with defaults. */
interface Directory {
  readonly users: Readonly<Record<string, TestUser>>;
  readonly apis: readonly Api[];
  readonly accounts: Readonly<Record<string, TestAccount>>;
}

function directoryOf({ users = DEFAULT_USERS, apis = DEFAULT_APIS }: TestTenantChange): Directory {
  const accounts = Object.fromEntries(
    Object.entries(users).map(([name, user]) => [
      name,
      {
        sub: user.sub ?? `auth0|${name}`,
        email: user.email ?? `${name}@example.com`,
        password: user.password ?? 'password',
        name: user.name ?? name.replace(/^./, (first) => first.toUpperCase()),
      },
    ]),
  );
  return { users, apis, accounts };
}

function settingsOf(
  { users: _users, application: _application, ...change }: TestTenantChange,
  { users, apis, accounts }: Directory,
): Partial<TenantSettings> {
  return {
    ...change,
    apis,
    users: Object.entries(accounts).map(([name, account]): User => {
      const { permissions: held, ...rest } = users[name] ?? {};
      const permissions = Object.fromEntries(
        apis.map(({ identifier, scopes = [] }) => [identifier, held ?? scopes]),
      );
      return { ...rest, ...account, permissions };
    }),
  };
}

function userNamed(as: string | undefined, { accounts }: Directory): TestAccount {
  const names = Object.keys(accounts);
  const account = accounts[as ?? names[0] ?? ''];
  if (account !== undefined) return account;
  throw new Error(`The tenant has no user '${as}'. Its users: ${names.join(', ') || 'none'}`);
}

/** @param adopt called with each client that is connected */
async function addMachine(
  options: MachineOptions,
  [{ identifier, scopes: all = [] } = NO_API]: readonly Api[],
  call: CallTenant,
  adopt: (client: UnconnectedClient) => void,
): Promise<TestMachine> {
  const credentials = machineCredentials(options);
  const clientGrants = { [identifier]: options.scopes ?? all };
  await call('addApplication', { ...credentials, clientGrants });
  return {
    ...credentials,
    entry: {
      clientId: credentials.clientId,
      name: credentials.clientId,
      grants: ['client_credentials'],
      auth0Application: true,
    },
    async connect<C>(url: string | URL, { scopes, client }: MachineConnectOptions<C> = {}) {
      const mcpUrl = new URL(url);
      const tokens = await tokensOfMachine(mcpUrl, credentials, scopes);
      const { authProvider } = machineProvider(credentials, tokens, scopes);
      const connected = await connectWith<UnconnectedClient>(mcpUrl, authProvider, client);
      adopt(connected);
      return connected as C;
    },
    async token(url, { scopes } = {}) {
      return (await tokensOfMachine(new URL(url), credentials, scopes)).access_token;
    },
  };
}

/** The clients that are connected. */
function createClients(issuer: string, jwtSigningKey: string, call: CallTenant) {
  const connected: ConnectedClient<UnconnectedClient>[] = [];

  async function expire(one: ConnectedClient<UnconnectedClient>): Promise<void> {
    const tokens = one.tokens();
    if (tokens === undefined) return;
    const access_token = await expiredToken(tokens.access_token, issuer, jwtSigningKey, call);
    one.replace({ ...tokens, access_token });
  }

  return {
    async connect<C>(
      mcpUrl: URL,
      scopes: readonly string[] | undefined,
      visit: (authorizeUrl: URL) => Promise<URL>,
      given: (C & UnconnectedClient) | undefined,
    ): Promise<C> {
      const login = await logInAsClient(mcpUrl, scopes, visit);
      const one = await connectClient(mcpUrl, login, given, visit);
      connected.push(one);
      return one.client as C;
    },
    async expire() {
      await Promise.all(connected.map(expire));
    },
    /** Closes a client with the others. */
    adopt(client: UnconnectedClient) {
      connected.push({ client, tokens: () => undefined, replace() {} });
    },
    async close() {
      await Promise.allSettled(connected.splice(0).map(({ client }) => client.close()));
    },
  };
}
