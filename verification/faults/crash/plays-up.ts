// Messages of a client on their way to the business server: its call answered, failed, under way, or without a client
// left to answer.

import type {Harness} from '../harness/harness.ts';
import type {Play} from './play.ts';

export const playsUp: readonly Play[] = ([1, 2] as const).flatMap((qos) => {
  return [
    {name: `up ${qos}: accepted`, run: (harness) => accepted(harness, qos)},
    {name: `up ${qos}: repeated`, run: (harness) => repeated(harness, qos)},
    {name: `up ${qos}: failed`, run: (harness) => failed(harness, qos)},
    {name: `up ${qos}: the client goes`, run: (harness) => clientGoes(harness, qos)},
    qos === 1 ? {name: 'up 1: replaced', run: replaced} : {name: 'up 2: given up', run: givenUp},
  ] satisfies Play[];
});

async function accepted(harness: Harness, qos: 1 | 2): Promise<void> {
  const member = await harness.join('sender');
  const {id} = member.send(qos);
  if (qos === 1) {
    await member.next('ack');
    return;
  }
  await member.next('rec');
  member.raw.sendAnswer('rel', id);
  await member.next('com');
}

async function repeated(harness: Harness, qos: 1 | 2): Promise<void> {
  const member = await harness.join('sender');
  const held = harness.hold(harness.accepts());
  harness.business.once('message', held.script);
  const sending = member.send(qos);
  await held.arrived;
  member.repeat(sending);
  await harness.daemon.takes({chart: `inboundQos${qos}`, from: 'awaitingAnswer', event: 'wire.repeat'});
  held.release();
  await member.next(qos === 1 ? 'ack' : 'rec');
  if (qos === 1) return;
  member.repeat(sending);
  await member.next('rec');
}

async function failed(harness: Harness, qos: 1 | 2): Promise<void> {
  const member = await harness.join('sender');
  const {business} = harness;
  const fails = async () => {
    business.once('message', harness.fails());
    const sending = member.send(qos);
    await harness.daemon.takes({chart: `inboundQos${qos}`, from: 'awaitingAnswer', event: 'call.failed'});
    return sending;
  };
  // The client repeats it.
  member.repeat(await fails());
  await member.next(qos === 1 ? 'ack' : 'rec');
  // It takes the id for another message.
  const abandoned = await fails();
  member.giveUp(abandoned);
  member.send(qos, abandoned.id);
  await member.next(qos === 1 ? 'ack' : 'rec');
  if (qos === 1) return;
  // It gives the flow up.
  const {id} = await fails();
  member.raw.sendAnswer('rel', id);
  await member.next('com');
}

async function clientGoes(harness: Harness, qos: 1 | 2): Promise<void> {
  const chart = `inboundQos${qos}`;
  const {daemon, business} = harness;
  const held = harness.hold(harness.accepts());
  business.once('message', held.script);
  const early = await harness.join('early');
  early.send(qos);
  await held.arrived;
  early.vanish();
  await daemon.takes({chart, from: 'awaitingAnswer', event: 'socket.closed'});
  held.release();

  business.once('message', harness.fails());
  const failed = await harness.join('failed');
  failed.send(qos);
  await daemon.takes({chart, from: 'awaitingAnswer', event: 'call.failed'});
  failed.vanish();
  await daemon.takes({chart, from: 'unanswered', event: 'socket.closed'});

  if (qos === 1) return;
  const late = await harness.join('late');
  late.send(qos);
  await late.next('rec');
  late.vanish();
  await daemon.takes({chart, from: 'awaitingRel', event: 'socket.closed'});
}

/** Old clients use an id again before it was answered. */
async function replaced(harness: Harness): Promise<void> {
  const {daemon, business} = harness;
  const member = await harness.join('sender');
  for (const outcome of ['accepted', 'failed'] as const) {
    const first = harness.hold(outcome === 'accepted' ? harness.accepts() : harness.fails());
    const second = harness.hold(harness.accepts());
    business.once('message', first.script, second.script);
    const sending = member.send(1);
    await first.arrived;
    member.send(1, sending.id);
    await daemon.takes({chart: 'inboundQos1', from: 'awaitingAnswer', event: 'wire.replaced'});
    first.release();
    await daemon.takes({chart: 'inboundQos1', from: 'replaced', event: `call.${outcome}`});
    if (outcome === 'accepted') await member.next('ack');
    else member.giveUp(sending);
    second.release();
    await member.next('ack');
  }
}

/** The client ends a flow before its REC. */
async function givenUp(harness: Harness): Promise<void> {
  const member = await harness.join('sender');
  const held = harness.hold(harness.accepts());
  harness.business.once('message', held.script);
  const sending = member.send(2);
  await held.arrived;
  member.raw.sendAnswer('rel', sending.id);
  await member.next('com');
  held.release();
  await member.raw.fence();
}
