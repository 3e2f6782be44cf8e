// The one place where the cluster of a node is put together. There is one engine, the LAN; another one is chosen here.

import type {GatewayOptions} from '../config/options.ts';
import type {ClusterEngine} from './cluster-engine.ts';
import {clusterKeys, createLanEngine} from './lan.ts';

/** The engine that is configured; `undefined`: the node is alone. */
export function createCluster(options: GatewayOptions): ClusterEngine | undefined {
  const keys = clusterKeys(options);
  return keys && createLanEngine(options, keys);
}
