/** Outbound requests without a proxy, for specs that construct one component. */
import type { OutboundProxies } from '../../lib/config/config.js';

export const DIRECT: OutboundProxies = {
  https: undefined,
  http: undefined,
  exceptions: [],
  unusedVariable: undefined,
};
