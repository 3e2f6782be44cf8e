// Where the rules hold, and the exact assumption under which they do. Two of them, besides retries and fairness:
//
//   quiet ids    an id is not taken again while a packet of its last flow may still arrive. What QoS 1 needs wherever
//                something is sent twice, for an ACK names an id and not a message. QoS 2 does not need it where packets of
//                one id keep their order: its REL and COM sweep the link.
//   patient REL  a REC is taken only once no copy of the SEND may still arrive. What QoS 2 needs on a link that reorders:
//                a copy that comes after the REL is a new message. [RB-25]
//
// The gateway draws its ids in turn from 65,534, and every packet of a connection runs over one TCP stream.

import type {Case, EndsName, LinkName, MessagesName} from './cases.ts';

const everyEnds: readonly EndsName[] = ['gateway to client', 'client to gateway', 'gateway to gateway'];
const everyMessages: readonly MessagesName[] = ['QoS 1', 'QoS 2', 'QoS 1+2'];
const keepingOrder: readonly LinkName[] = ['tcp', 'lossy', 'lossy, copying', 'in order by id'];

/** What each holds under. */
function guarantee(ends: EndsName, messages: MessagesName, link: LinkName): Case {
  const reuse = messages === 'QoS 2' && link !== 'any order' ? 'atOnce' : 'quiet';
  const isRelPatient = link === 'any order';
  return {ends, messages, link, more: {reuse, isRelPatient}};
}

const small = {reconnects: 0} as const;

/** Small ones, run with every test. */
const fast: readonly Case[] = [
  ...everyEnds.flatMap((ends) => everyMessages.map((messages) => guarantee(ends, messages, 'tcp'))),
  guarantee('gateway to client', 'QoS 2', 'lossy, copying'),
  guarantee('gateway to client', 'QoS 1', 'lossy, copying'),
  guarantee('gateway to client', 'QoS 1', 'any order'),
  // Rule RB-36, of rainbow.v2: nothing is sent twice on a connection. Then order and ids do not matter.
  ...everyMessages.map(
    (messages): Case => ({
      ends: 'gateway to client',
      messages,
      link: 'any order, whole',
      more: {isRetrying: false},
    }),
  ),
  ...everyMessages.map(
    (messages): Case => ({...guarantee('gateway to client', messages, 'tcp'), more: {reuse: 'quiet', isTimed: true}}),
  ),
  ...everyMessages.map(
    (messages): Case => ({
      ends: 'gateway to old client',
      messages,
      link: 'tcp',
      more: {...small, reuse: 'quiet', isTimed: true, ignored: ['twice']},
    }),
  ),
  {ends: 'client to gateway', messages: 'QoS 1', link: 'copying', more: {reuse: 'quiet'}},
  {ends: 'client to gateway', messages: 'QoS 1', link: 'copying', more: {...small, reuse: 'quiet', isFailing: true}},
  {
    ends: 'client to gateway',
    messages: 'QoS 2',
    link: 'tcp',
    more: {...small, packetsMax: 2, reuse: 'quiet', isFailing: true, mayGiveUp: true},
  },
];

/** The same with timeouts and with a business server whose calls fail, processed or not; and on the weaker links. */
const full: readonly Case[] = [
  ...everyEnds.flatMap((ends) =>
    everyMessages.flatMap((messages) => keepingOrder.map((link) => withFailures(guarantee(ends, messages, link)))),
  ),
  ...everyEnds.flatMap((ends) => everyMessages.map((messages) => guarantee(ends, messages, 'any order'))),
  ...(['client to gateway', 'gateway to gateway'] as const).flatMap((ends) =>
    everyMessages.map((messages): Case => ({ends, messages, link: 'any order, whole', more: {isRetrying: false}})),
  ),
  ...everyMessages.map(
    (messages): Case => ({
      ends: 'gateway to old client',
      messages,
      link: 'tcp',
      more: {reuse: 'quiet', isTimed: true, ignored: ['twice']},
    }),
  ),
  {ends: 'gateway to client', messages: 'QoS 2', link: 'lossy, copying', more: {packetsMax: 5, isTimed: true}},
  {ends: 'client to gateway', messages: 'QoS 2', link: 'lossy, copying', more: {packetsMax: 4}},
  {ends: 'client to gateway', messages: 'QoS 2', link: 'tcp', more: {packetsMax: 4, isFailing: true}},
  {ends: 'client to gateway', messages: 'QoS 2', link: 'tcp', more: {reuse: 'quiet', isFailing: true, mayGiveUp: true}},
];

// A failed call leaves its message id behind. Where a copy of a SEND without DUP may come after it, or a SEND with DUP
// before the one without, the two ends no longer mean the same by that bit: see limits.ts.
function withFailures(one: Case): Case {
  const isFailing = one.link === 'tcp' || (one.link === 'lossy' && one.messages === 'QoS 2');
  // Between two gateways the weaker links are large enough without timeouts; the other two cases have them.
  const isWeak = one.link === 'lossy, copying' || one.link === 'in order by id';
  const isTimed = one.ends === 'gateway to client' || (one.ends === 'gateway to gateway' && !isWeak);
  return {...one, more: {...one.more, isTimed, isFailing: isFailing && one.ends.endsWith('to gateway')}};
}

/** Every guarantee; the fast ones first. */
export const guarantees: readonly Case[] = [...fast.map((one): Case => ({...one, isFast: true})), ...full];
