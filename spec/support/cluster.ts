/** Several server processes behind a load balancer, an Auth0 stand-in, and one store for all. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  DEMO_AUDIENCE,
  DEMO_CLIENT_ID,
  DEMO_CLIENT_SECRET,
  type TenantOptions,
} from '../../lib/testing/options.js';
import { startTenant, type Tenant } from '../../lib/testing/tenant.js';
import type { InstanceSettings } from './instance.js';
import { type Instance, startInstance } from './instances.js';
import { type RedisServer, startRedis } from './redis-server.js';
import { type LoadBalancer, startLoadBalancer } from './round-robin.js';
import { tenantKeys } from './tenant-keys.js';
import { SPEC_SIGNING_KEY } from './world.js';

/** A client for identity assertions of the tenant's users. */
export const AGENT = {
  clientId: 'agent',
  clientSecret: 'a-secret-of-the-agent-0123456789-0123456789',
  name: 'Agent',
  redirectUris: ['https://agent.example/cb'],
};

/** A deployment that can be started, watched and hurt. */
export interface Cluster {
  readonly origin: string;
  readonly mcp: string;
  readonly tenant: Tenant;
  readonly balancer: LoadBalancer;
  readonly redis: RedisServer | undefined;
  readonly instances: readonly Instance[];
  /** Starts one more instance and puts it into the rotation. */
  start(extra?: Partial<InstanceSettings>, inContainer?: boolean): Promise<Instance>;
  /** Starts one more instance in a PID namespace of its own, outside the rotation. */
  startContainer(): Promise<Instance>;
  /** Moves the clocks of all instances and of Auth0. */
  pass(seconds: number): Promise<void>;
  /** Takes an instance out of the rotation, and ends it gracefully. */
  retire(instance: Instance): Promise<void>;
  /** Forgets an instance that is dead. */
  bury(instance: Instance): void;
  close(): Promise<void>;
}

export interface ClusterOptions {
  readonly store: 'redis' | 'embedded';
  /** Of the embedded store. Default: a new one, which is removed with the cluster. */
  readonly directory?: string;
  readonly size: number;
  readonly tenant?: TenantOptions;
  readonly options?: Partial<InstanceSettings['options']>;
}

export async function startCluster(cluster: ClusterOptions): Promise<Cluster> {
  const balancer = await startLoadBalancer();
  const { origin } = balancer;
  const [tenant, redis] = await Promise.all([
    startTenant({
      callbackUrls: [`${origin}/auth/callback`],
      keys: tenantKeys(),
      refreshTokenLimit: 100_000,
      ...cluster.tenant,
    }),
    cluster.store === 'redis' ? startRedis() : undefined,
  ]);
  const temporary = mkdtempSync(join(tmpdir(), 'auth0-mcp-cluster-'));
  const directory = cluster.directory ?? temporary;
  const settings: InstanceSettings = {
    store: redis === undefined ? { directory } : { redisUrl: redis.url },
    options: {
      ...{ configUrl: tenant.configUrl, clientId: DEMO_CLIENT_ID },
      ...{ clientSecret: DEMO_CLIENT_SECRET, audience: DEMO_AUDIENCE, baseUrl: origin },
      // The embedded store has a key of its own, which the processes have to agree on.
      ...(redis && { jwtSigningKey: SPEC_SIGNING_KEY }),
      clients: [AGENT],
      enterprise: [{ issuer: tenant.issuer, clients: [AGENT.clientId], subject: () => undefined }],
      ...cluster.options,
    },
  };
  const instances: Instance[] = [];
  const containers: Instance[] = [];
  let offset = 0;
  const self: Cluster = {
    ...{ origin, tenant, balancer, redis, instances, mcp: `${origin}/mcp` },
    async start(extra = {}, inContainer = false) {
      const instance = await startInstance({ ...settings, ...extra }, inContainer);
      if (offset > 0) await instance.setClock(offset);
      instances.push(instance);
      balancer.add(instance.port);
      return instance;
    },
    async startContainer() {
      const instance = await startInstance(settings, true);
      containers.push(instance);
      return instance;
    },
    async pass(seconds) {
      offset += seconds;
      tenant.configure({ clockSkewSeconds: offset });
      await Promise.all(instances.map((instance) => instance.setClock(offset)));
    },
    async retire(instance) {
      await balancer.drain(instance.port);
      self.bury(instance);
      await instance.stop();
    },
    bury(instance) {
      balancer.drop(instance.port);
      instances.splice(instances.indexOf(instance), 1);
    },
    async close() {
      for (const instance of [...instances, ...containers]) await instance.kill();
      await Promise.all([balancer.close(), tenant.close(), redis?.remove()]);
      rmSync(temporary, { recursive: true, force: true });
    },
  };
  await Promise.all(Array.from({ length: cluster.size }, () => self.start()));
  return self;
}
