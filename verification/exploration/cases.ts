// What is explored, and what must come of it: where the guarantees hold, and under which link each of them ends. A limit is
// as much a claim as a guarantee, so that the documents cannot promise more than is so.

import {DeliveryModel} from './delivery-model.ts';
import {PartyReceiver, type ReceiverMutation} from './party-receiver.ts';
import {PartySender, type SenderMutation} from './party-sender.ts';
import type {PropertyName} from './properties.ts';
import {ClientReceiver} from './receiver-client.ts';
import {ClientSender} from './sender-client.ts';
import type {LinkSpec, WorldSpec} from './world.ts';

/** Who sends and who receives: `gateway` runs the halves of src/machines, `client` and `old client` the rules alone. */
export type EndsName = 'gateway to client' | 'gateway to old client' | 'client to gateway' | 'gateway to gateway';

/** Three messages: of one QoS, or of both. */
export type MessagesName = 'QoS 1' | 'QoS 2' | 'QoS 1+2';

export const links = {
  /** One TCP connection. */
  tcp: {order: 'ordered', isLossy: false, isDuplicating: false},
  lossy: {order: 'ordered', isLossy: true, isDuplicating: false},
  copying: {order: 'ordered', isLossy: false, isDuplicating: true},
  'lossy, copying': {order: 'ordered', isLossy: true, isDuplicating: true},
  'in order by id': {order: 'perId', isLossy: true, isDuplicating: true},
  'any order': {order: 'free', isLossy: true, isDuplicating: true},
  'any order, whole': {order: 'free', isLossy: false, isDuplicating: false},
} as const satisfies Record<string, LinkSpec>;

export type LinkName = keyof typeof links;

/** One exploration. */
export interface Case {
  readonly ends: EndsName;
  readonly messages: MessagesName;
  readonly link: LinkName;
  /** What differs from {@link plain}. */
  readonly more?: Partial<WorldSpec>;
  /** The property that breaks; none where all hold. */
  readonly breaks?: PropertyName | 'canEnd';
  /** Whether it is small enough for every run of the tests. */
  readonly isFast?: boolean;
}

/** Retries on; an id is taken again as soon as its flow has ended; no timeout, no failed call; one clean start. */
export const plain = {
  ids: 2,
  packetsMax: 3,
  isRetrying: true,
  reuse: 'atOnce',
  isRelPatient: false,
  isTimed: false,
  isFailing: false,
  reconnects: 1,
} as const satisfies Partial<WorldSpec>;

/** What a mutant has otherwise. */
export interface Mutation {
  readonly sender?: SenderMutation;
  readonly receiver?: ReceiverMutation;
}

const messages = {
  'QoS 1': [1, 1, 1],
  'QoS 2': [2, 2, 2],
  'QoS 1+2': [1, 2, 1],
} as const satisfies Record<MessagesName, WorldSpec['messages']>;

/** Makes the model of a case, or of a mutant in its place. */
export function modelOf(one: Case, mutation: Mutation = {}): DeliveryModel {
  const spec: WorldSpec = {...plain, messages: messages[one.messages], link: links[one.link], ...one.more};
  const receiver = one.ends.endsWith('to gateway')
    ? new PartyReceiver(spec, mutation.receiver)
    : new ClientReceiver(spec, one.ends === 'gateway to old client' ? 'either' : 'byQos');
  const sender = one.ends.startsWith('gateway')
    ? new PartySender(spec, receiver, mutation.sender)
    : new ClientSender(spec, receiver);
  return new DeliveryModel(describeCase(one), spec, {sender, receiver});
}

/** A case in one line. */
export function describeCase({ends, messages: qos, link, more = {}}: Case): string {
  const spec: typeof more = {...plain, ...more};
  const remarks = [
    spec.reuse === 'quiet' && 'quiet ids',
    spec.isRelPatient && 'patient REL',
    !spec.isRetrying && 'no retry',
    spec.isTimed && 'timeouts',
    spec.isFailing && 'failing calls',
    spec.mayGiveUp && 'giving up',
    spec.reconnects === 0 && 'one connection',
    spec.packetsMax !== plain.packetsMax && `${spec.packetsMax} packets`,
  ].filter((remark) => typeof remark === 'string');
  return [ends.padEnd(21), qos.padEnd(7), link.padEnd(16), remarks.join(', ')].join('  ').trimEnd();
}
