// Messages on their way to a client: confirmed in all ways and at all times, or not. The window is one message, so that a
// second one waits.

import type {Harness} from '../harness/harness.ts';
import type {Play} from './play.ts';

const keys = {window: 1, retry_interval: 0.2};
const completion = {chart: 'outboundQos2', from: 'awaitingCom', event: 'wire.com'};
/** Timeouts of publications that shall time out, s. */
const short = 0.3;
const shorter = 0.15;

export const playsDown: readonly Play[] = ([1, 2] as const).flatMap((qos) => {
  const usual = qos === 1 ? 'ack' : 'rec';
  const other = qos === 1 ? 'rec' : 'ack';
  return [
    {name: `down ${qos}: confirmed`, keys, run: (harness) => confirmed(harness, qos, usual)},
    {name: `down ${qos}: confirmed otherwise`, keys, run: (harness) => confirmed(harness, qos, other)},
    {name: `down ${qos}: repeated`, keys, run: (harness) => repeated(harness, qos)},
    {name: `down ${qos}: confirmed late`, keys, run: (harness) => confirmedLate(harness, qos, usual)},
    {name: `down ${qos}: confirmed late otherwise`, keys, run: (harness) => confirmedLate(harness, qos, other)},
    {name: `down ${qos}: to several clients`, nth: 2, run: (harness) => fanOut(harness, qos)},
    {name: `down ${qos}: the client goes`, keys, run: (harness) => clientGoes(harness, qos)},
  ] satisfies Play[];
});

/** To several clients at once: some have confirmed when the gateway goes, and some have not. */
async function fanOut(harness: Harness, qos: 1 | 2): Promise<void> {
  const members = await Promise.all([1, 2, 3].map((number) => harness.join(`listener ${number}`)));
  for (const member of members) member.acknowledge();
  await harness.publish(qos);
  if (qos === 2) for (const _ of members) await harness.daemon.takes(completion);
}

async function confirmed(harness: Harness, qos: 1 | 2, kind: 'ack' | 'rec'): Promise<void> {
  const member = await harness.join('listener');
  const post = harness.publish(qos);
  const {id} = await member.nextSend();
  member.answer(kind, id);
  await post;
  if (kind === 'ack') return;
  await member.next('rel');
  member.raw.sendAnswer('com', id);
  if (qos === 2) await harness.daemon.takes(completion);
}

async function repeated(harness: Harness, qos: 1 | 2): Promise<void> {
  const member = await harness.join('listener');
  const post = harness.publish(qos);
  const {id} = await member.nextSend(true);
  member.answer(qos === 1 ? 'ack' : 'rec', id);
  await post;
  if (qos === 1) return;
  // Every REC gets its REL; and the REL comes again while there is no COM.
  await member.next('rel');
  member.answer('rec', id);
  await member.next('rel');
  await harness.daemon.takes({chart: 'outboundQos2', from: 'awaitingCom', event: 'clock.retryDue'});
  member.raw.sendAnswer('com', id);
  await harness.daemon.takes(completion);
}

async function confirmedLate(harness: Harness, qos: 1 | 2, kind: 'ack' | 'rec'): Promise<void> {
  const member = await harness.join('listener');
  const first = harness.publish(qos, short);
  const {id} = await member.nextSend();
  const queued = harness.publish(qos, shorter);
  await Promise.all([first, queued]);
  const chart = `outboundQos${qos}`;
  const from = qos === 1 ? 'awaitingAck' : 'awaitingRec';
  await harness.daemon.takes({chart, from, event: 'publication.timedOut'});
  member.answer(kind, id);
  await harness.daemon.takes({chart, from: 'overdue', event: `wire.${kind}`});
}

async function clientGoes(harness: Harness, qos: 1 | 2): Promise<void> {
  const chart = `outboundQos${qos}`;
  const waiter = await harness.join('waiter');
  const posts = [harness.publish(qos), harness.publish(qos)];
  await waiter.nextSend();
  waiter.vanish();
  await Promise.all(posts);

  const overdue = await harness.join('overdue');
  await harness.publish(qos, shorter);
  overdue.vanish();
  await harness.daemon.takes({chart, from: 'overdue', event: 'socket.closed'});

  if (qos === 1) return;
  const holder = await harness.join('holder');
  const post = harness.publish(qos);
  holder.answer('rec', (await holder.nextSend()).id);
  await holder.next('rel');
  holder.vanish();
  await harness.daemon.takes({chart, from: 'awaitingCom', event: 'socket.closed'});
  await post;
}
