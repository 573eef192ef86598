/**
 * Runs the stand-in in a thread of its own: `oidc-provider` is an ES module, which Jest's CommonJS mode cannot load, and
 * fake timers or replaced globals of a test do not reach it.
 */
import { parentPort } from 'node:worker_threads';

import type { Application, TenantSettings } from './options.js';
import { startTenant, type Tenant } from './tenant.js';
import type { TenantCall, TenantMethods, TenantReply } from './tenant-thread.js';

let tenant: Tenant;
let initial: TenantSettings;
const faults: (() => void)[] = [];

const methods: TenantMethods = {
  async start(options, application) {
    tenant = await startTenant(options);
    methods.configure({}, application);
    initial = tenant.settings;
    const { issuer, configUrl } = tenant;
    return { issuer, configUrl };
  },
  configure(change, application = {}) {
    const [first, ...registered] = tenant.settings.applications;
    const applications = [{ ...first, ...application } as Application, ...registered];
    tenant.configure({ ...change, applications });
  },
  addApplication(application) {
    tenant.configure({ applications: [...tenant.settings.applications, application] });
  },
  requests: () => tenant.requests,
  fault: (path, fault, times) => faults.push(tenant.fault(path, fault, times)) - 1,
  endFault: (index) => faults[index]?.(),
  reset() {
    tenant.clearFaults();
    tenant.clearRequests();
    const [first, ...registered] = tenant.settings.applications;
    tenant.configure({ ...initial, applications: [...initial.applications, ...registered] });
    // The URLs of the running servers stay known.
    const { callbackUrls = [], backchannelLogoutUri } = first ?? {};
    const urls = { callbackUrls, ...(backchannelLogoutUri && { backchannelLogoutUri }) };
    if (initial.loopbackCallbacks) methods.configure({}, urls);
  },
  logoutUser: (sub, notify) => tenant.logoutUser(sub, { notify }),
  rotateSigningKeys: () => tenant.rotateSigningKeys(),
  issueAccessToken: (request) => tenant.issueAccessToken(request),
  issueIdJag: (request) => tenant.issueIdJag(request),
};

parentPort?.on('message', async ({ id, method, args }: TenantCall) => {
  const reply = (rest: Omit<TenantReply, 'id'>) => parentPort?.postMessage({ id, ...rest });
  try {
    const run = methods[method] as (...args: readonly unknown[]) => unknown;
    reply({ result: await run(...args) });
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException;
    reply({ error: { message, code } });
  }
});
