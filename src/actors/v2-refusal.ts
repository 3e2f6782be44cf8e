// Why a message of a session of `rainbow.v2` is not forwarded, before any call: the client may not send its type, or the node
// has no memory for it. Part of the receiving half.

import type {Failure} from '../protocol/control-payload.ts';
import type {SendPacket} from '../protocol/packet.ts';
import type {BackendClient} from './backend-client.ts';
import type {ShardContext} from './shard-context.ts';
import {unavailable} from './v2-failure.ts';

/** Whether the permissions of the client do not cover the type; counts it. */
export function isForbidden(
  {counters, observation}: ShardContext,
  backend: BackendClient,
  {type}: Pick<SendPacket, 'type'>,
): boolean {
  const {rights} = backend;
  if (rights === undefined || rights.permissions.maySend(type)) return false;
  counters.messagesInForbidden++;
  observation.observer?.delivery('forbidden', backend, undefined);
  return true;
}

/** What FAIL says; `undefined` where the message is to be forwarded. */
export function refuseMessage(
  context: ShardContext,
  backend: BackendClient,
  owner: {readonly front: {holdUp(): void} | undefined},
  packet: SendPacket,
): Failure | undefined {
  if (isForbidden(context, backend, packet)) return {code: 'forbidden'};
  if (context.memory.hasRoomFor(packet.payload.length)) return undefined;
  context.counters.messagesInRefused++;
  owner.front?.holdUp();
  return unavailable();
}
