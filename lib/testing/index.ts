/** `express-auth0-mcp/testing`: a stand-in for an Auth0 tenant, for tests and demos. */
export type { Fault, FaultName } from './faults.js';
export { type Credentials, logIn } from './log-in.js';
export type { MachineConnectOptions, MachineOptions, TestMachine } from './machine.js';
export type { McpClient, McpToolResult, UnconnectedClient } from './mcp-client.js';
export type {
  Api,
  ApiPermission,
  Application,
  Connection,
  Denial,
  TenantAuthMethod,
  TestTenantSettings,
} from './options.js';
export type { TenantRequest } from './request-log.js';
export {
  type Auth0TokenOptions,
  type ConnectOptions,
  type FaultOptions,
  type IdJagOptions,
  type LoginOptions,
  startTenant,
  type TenantServerOptions,
  type TestAccount,
  type TestTenant,
  type TestTenantChange,
  type TestTenantOptions,
  type TestUser,
} from './test-tenant.js';
