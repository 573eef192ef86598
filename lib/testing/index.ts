/** `express-auth0-mcp/testing`: a stand-in for an Auth0 tenant, for tests and demos. */
export { completeLogin, createBrowser } from './browser.js';
export {
  ADA,
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
  DEMO_SCOPES,
  type TenantOptions,
} from './options.js';
export { startTenant, type Tenant } from './tenant.js';
