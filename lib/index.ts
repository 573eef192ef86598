/** The public names of `express-auth0-mcp`. */
export type { ProtectedResource } from './app/mount.js';
export { Auth0ApiAccessError, type Auth0TokenRequest } from './auth0/auth0.js';
export {
  type Auth0Mcp,
  auth0Mcp,
  type GrantAdministration,
  type GrantFilter,
  type GrantSummary,
} from './auth0-mcp.js';
export { type Auth0McpResource, auth0McpResource } from './auth0-mcp-resource.js';
export type { AccessToken, AuthInfo, ConnectionTokenRequest } from './bearer/caller.js';
export {
  Auth0SessionEndedError,
  getAccessToken,
  NoAuth0TokenError,
  TokenPassthroughError,
} from './bearer/caller.js';
export {
  type ConnectionRequiredOptions,
  type ConnectionRequiredResult,
  connectionRequiredResult,
  type ElicitingServer,
} from './bearer/connection-required-result.js';
export { ConnectionRequiredError } from './bearer/connection-token.js';
export type { SecurityScheme } from './bearer/security-schemes.js';
export type { SdkErrors, TokenVerifier } from './bearer/token-verifier.js';
export { Auth0McpConfigError } from './config/errors.js';
export type {
  AssertionRefusalReason,
  Auth0McpEvent,
  EventContext,
  EventListener,
  RevocationCause,
} from './config/events.js';
export type { Logger, LogMethod } from './config/logger.js';
export type {
  AnonymousOptions,
  Auth0McpOptions,
  BrandingOptions,
  ConnectionOptions,
  EnterpriseOptions,
  IdentityAssertionClaims,
  PreRegisteredClientOptions,
  ScopeAuthenticationOptions,
} from './config/options.js';
export type { Auth0McpResourceOptions } from './config/resource-options.js';
export { auth0EnterpriseSubject } from './grants/enterprise/auth0-enterprise-subject.js';
export type { SomeTexts, TextOverrides } from './pages/texts/catalogue.js';
export type { ErrorPageKind, ErrorTexts, PageTexts } from './pages/texts/page-texts.js';
export { type ContractRunner, storageContract } from './storage/contract.js';
export {
  type EmbeddedStorageOptions,
  embeddedStorage,
} from './storage/embedded/embedded-storage.js';
export { type MemoryStorageOptions, memoryStorage } from './storage/memory-storage.js';
export {
  type SessionSealer,
  type SessionStore,
  type Storage,
  StorageUnavailableError,
} from './storage/storage.js';
