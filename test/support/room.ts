// What most tests of delivery begin with: clients that all join the channel `room`.

import type {ExecutionContext} from 'ava';
import {success} from './business-server.ts';
import {type Harness, type Overrides, start} from './gateway.ts';
import type {Parsed} from './packets.ts';
import type {RawClient} from './raw-client.ts';

/** A world in which every client joins `room`, and this many of them with their identities. */
export async function room(
  t: ExecutionContext,
  count: number,
  overrides: Overrides = {},
): Promise<{harness: Harness; clients: RawClient[]; identities: string[]}> {
  const harness = await start(t, overrides);
  harness.business.always('connect', success({RAINBOWCLIENTCHANNEL: 'room'}));
  const clients: RawClient[] = [];
  const identities: string[] = [];
  for (let index = 0; index < count; index++) {
    const {client, identity} = await harness.join();
    clients.push(client);
    identities.push(identity);
  }
  return {harness, clients, identities};
}

/** The one client of {@link room}. */
export async function single(t: ExecutionContext, overrides: Overrides = {}) {
  const {harness, clients, identities} = await room(t, 1, overrides);
  return {harness, client: clients[0] as RawClient, identity: identities[0] as string};
}

/** The next packet that is not a repeat of the SEND or REL with this id. */
export async function nextBeside(client: RawClient, command: 'send' | 'rel', id: number): Promise<Parsed> {
  for (;;) {
    const packet = await client.parsed();
    if (packet.command !== command || packet.id !== id) return packet;
  }
}
