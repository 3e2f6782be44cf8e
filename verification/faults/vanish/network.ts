// Two network namespaces with a cable between them, made for one scenario and gone with it. The machine's own network is
// not touched.

import {spawnSync} from 'node:child_process';
import type {Lifetime} from '../../../test/support/lifetime.ts';

/** Of the gateway, on the cable; TEST-NET-2 of RFC 5737. */
export const addressOfGateway = '198.51.100.1';
const addressOfClients = '198.51.100.2';
/** The clients' end of the cable. */
const cable = 'cable';

/** Names of the namespaces. */
export interface Network {
  readonly gateway: string;
  readonly clients: string;
}

/** Makes both. */
export function makeNetwork(lifetime: Lifetime): Network {
  const gateway = `rainbow-gateway-${process.pid}`;
  const clients = `rainbow-clients-${process.pid}`;
  for (const name of [gateway, clients]) {
    ip('netns', 'add', name);
    lifetime.teardown(() => ip('netns', 'del', name));
    ip('-n', name, 'link', 'set', 'lo', 'up');
  }
  ip('-n', gateway, 'link', 'add', cable, 'type', 'veth', 'peer', 'name', cable, 'netns', clients);
  for (const [name, address] of [
    [gateway, addressOfGateway],
    [clients, addressOfClients],
  ] as const) {
    ip('-n', name, 'addr', 'add', `${address}/24`, 'dev', cable);
    ip('-n', name, 'link', 'set', cable, 'up');
  }
  return {gateway, clients};
}

/** Cuts the cable: nothing passes any more, and neither end is notified. */
export function cutCable(clients: string): void {
  ip('-n', clients, 'link', 'set', cable, 'down');
}

function ip(...args: string[]): void {
  const {status, stderr} = spawnSync('ip', args, {encoding: 'utf8'});
  if (status !== 0) throw new Error(`Expected ip ${args.join(' ')} to succeed, got ${stderr}`);
}
