/** A tenant for the specs of one file, reset before each of them. */
import { afterAll, afterEach, beforeAll } from '@jest/globals';

import type { Api, Application } from '../../lib/testing/options.js';
import { startTenant, type Tenant } from '../../lib/testing/tenant.js';
import { tenantKeys } from '../support/tenant-keys.js';
import { CALLBACK } from './relying-party.js';

/** A change by a spec; `undefined` removes a value. */
type Change<T> = { readonly [Key in keyof T]?: T[Key] | undefined };

/** The running tenant, with changes to its default application and API. */
export interface RunningTenant {
  /** Stands for the tenant from the moment it runs. */
  readonly tenant: Tenant;
  application(change: Change<Application>): void;
  api(change: Change<Api>): void;
}

/** Registers the hooks that start, reset and stop it. */
export function runTenant(): RunningTenant {
  let running: Tenant | undefined;
  let initial: Tenant['settings'] | undefined;
  beforeAll(async () => {
    running = await startTenant({ keys: tenantKeys(), callbackUrls: [CALLBACK] });
    initial = running.settings;
  });
  afterEach(() => {
    running?.configure({ ...initial });
    running?.clearFaults();
  });
  afterAll(async () => await running?.close());
  const tenant = new Proxy({} as Tenant, {
    get: (_target, name) => Reflect.get(running ?? {}, name),
  });
  return {
    tenant,
    application: (change) =>
      tenant.configure({
        applications: tenant.settings.applications.map(
          (one) => ({ ...one, ...change }) as Application,
        ),
      }),
    api: (change) =>
      tenant.configure({ apis: tenant.settings.apis.map((one) => ({ ...one, ...change }) as Api) }),
  };
}
