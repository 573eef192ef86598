/** Everything that is measured, by name. Loaded where it is measured, and not before. */
import type { OursOptions } from './contenders/ours.js';
import type { Rig } from './rig.js';

/** Builds a rig from the options it was asked for with. */
type Contender = (options: Readonly<Record<string, unknown>>) => Promise<Rig>;

/** Options came as JSON from {@link SideArguments}, which the tables write. */
const oursOptions = (options: Readonly<Record<string, unknown>>): OursOptions =>
  options as unknown as OursOptions;

export const CONTENDERS = {
  bare: async (options) => (await import('./contenders/bare.js')).bare(options),
  leastGuard: async (options) => (await import('./contenders/bare.js')).leastGuard(options),
  bareForm: async (options) => (await import('./contenders/bare.js')).bareForm(options),
  bareTransport: async (options) =>
    (await import('./contenders/transport.js')).bareTransport(options),
  ours: async (options) => (await import('./contenders/ours.js')).guarded(oursOptions(options)),
  sdkTransport: async (options) =>
    (await import('./contenders/transport.js')).sdkTransport(options),
  oursTransport: async (options) =>
    (await import('./contenders/transport.js')).oursTransport(oursOptions(options)),
  garbage: async (options) => (await import('./contenders/ours.js')).garbage(oursOptions(options)),
  refresh: async (options) =>
    (await import('./contenders/token-endpoint.js')).refresh(oursOptions(options)),
  code: async (options) =>
    (await import('./contenders/token-endpoint.js')).code(oursOptions(options)),
  login: async (options) => (await import('./contenders/login.js')).login(oursOptions(options)),
  flood: async (options) => (await import('./contenders/flood.js')).flood(oursOptions(options)),
  jwtBearer: async (options) => (await import('./contenders/peers.js')).jwtBearer(options),
  sdkBearer: async (options) => (await import('./contenders/peers.js')).sdkBearer(options),
  fastmcp: async (options) => (await import('./contenders/peers.js')).fastmcp(options),
} satisfies Record<string, Contender>;

export type ContenderName = keyof typeof CONTENDERS;
