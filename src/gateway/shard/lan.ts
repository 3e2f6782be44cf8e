// The LAN as the engine of a cluster: in the main thread the discovery with real sockets, real HTTP and the log; in each
// thread that serves the calls to other nodes.

import {isIPv4} from 'node:net';
import {Discovery} from '../../cluster/lan/discovery.ts';
import {askHello, createHttpTransport} from '../../cluster/lan/node-http.ts';
import {NodePeers} from '../../cluster/lan/node-peers.ts';
import {openUdpBroadcast, type UdpBroadcast} from '../../cluster/lan/udp-broadcast.ts';
import {systemClock} from '../../core/clock.ts';
import {isLoopback} from '../../core/loopback.ts';
import {systemRandom} from '../../core/random.ts';
import {deriveNodeKeys, type NodeKeys} from '../../protocol/node-proof.ts';
import type {GatewayOptions} from '../config/options.ts';
import type {ClusterEngine, ClusterNode, NodeParts} from './cluster-engine.ts';

/** Where a node announces itself that only its own machine can reach: no datagram of it leaves that machine. */
const loopbackBroadcast = '127.255.255.255';

/** See {@link ClusterEngine}. */
export function createLanEngine(options: GatewayOptions): ClusterEngine {
  const keys = deriveNodeKeys(options.securityToken);
  return {
    nodeKeys: keys,
    start: (parts) => startLan(options, keys, parts),
    join: (parts) =>
      new NodePeers({
        ...options,
        self: parts.node,
        keys,
        clock: systemClock,
        random: systemRandom,
        counters: parts.counters,
        connect: (origin) => createHttpTransport(origin, options.peerTimeoutMs),
        onDoubt: (node) => parts.onDoubt(node),
      }),
  };
}

async function startLan(options: GatewayOptions, keys: NodeKeys, parts: NodeParts): Promise<ClusterNode> {
  const {udpPorts, peerTimeoutMs} = options;
  const {port, node, counters, log} = parts;
  let isBroken = false;

  function failed(error: Error): void {
    counters.announcementsFailed++;
    // Once, not every 10 s while the network is unavailable.
    if (!isBroken) log.warn({error}, 'cluster.announcementFailed');
    isBroken = true;
  }

  const discovery = new Discovery({
    settings: options,
    keys,
    self: node,
    port,
    clock: systemClock,
    random: systemRandom,
    counters,
    announce: (write) => broadcast?.send(write),
    ask: (origin, question, settle) => askHello(origin, question, peerTimeoutMs, settle),
    changed: (list) => parts.changed(list),
    report: (event, fields) => log.info(fields, event),
    warn: (event, fields) => log.warn(fields, event),
  });
  const broadcast = udpPorts.length > 0 ? await openAirFor(options, port, discovery, failed) : undefined;
  discovery.start();
  return {
    doubt: (doubted) => discovery.doubt(doubted),
    async stop() {
      discovery.stop();
      await broadcast?.close();
    },
  };
}

async function openAirFor(
  {host, udpBroadcast, udpPorts}: GatewayOptions,
  port: number,
  discovery: Discovery,
  failed: (error: Error) => void,
): Promise<UdpBroadcast> {
  const isLocal = isLoopback(host);
  const isAnywhere = host === '0.0.0.0' || !isIPv4(host);
  return await openUdpBroadcast({
    port,
    // Peers come back to where an announcement comes from.
    source: isIPv4(host) && !isAnywhere ? host : isLocal ? '127.0.0.1' : undefined,
    broadcast: isLocal ? loopbackBroadcast : udpBroadcast,
    ports: udpPorts,
    receive: (datagram, source) => {
      // What comes from elsewhere could not reach us, nor should be asked.
      if (!isLocal || isLoopback(source.address)) discovery.hear(datagram, source);
    },
    failed,
  });
}
