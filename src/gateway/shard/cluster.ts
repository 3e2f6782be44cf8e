// The one place where the cluster of a node is put together. There is one engine, the LAN; another one is chosen here.

import type {GatewayOptions} from '../config/options.ts';
import type {ClusterEngine} from './cluster-engine.ts';

/** The engine that is configured; `undefined`: the node is alone, and loads nothing of an engine. */
export async function createCluster(options: GatewayOptions): Promise<ClusterEngine | undefined> {
  const {udpPorts, peers} = options;
  if (udpPorts.length === 0 && peers.length === 0) return undefined;
  const {createLanEngine} = await import('./lan.ts');
  return createLanEngine(options);
}
