// The life of a connection: its connect call in all its outcomes, the heartbeat, and every end from every state.

import {answer, success} from '../../../test/support/business-server.ts';
import {dial, handshake} from '../../../test/support/raw-client.ts';
import {type Harness, room} from '../harness/harness.ts';
import type {Member} from '../harness/member.ts';
import type {Play} from './play.ts';

const chart = 'connection';
/** Half a keep-alive makes a client suspect, a whole one gets it a ping. */
const beating = {keep_alive: 2};
/** Of a publication that asks whether the client is there, s. */
const shortTimeout = 0.1;
const connectAnswers = {
  allowed: success({RAINBOWCLIENTCHANNEL: room}),
  refused: answer(200, '{"status":"fail"}'),
  failed: answer(500),
} as const;
type Outcome = keyof typeof connectAnswers;
const outcomes = ['allowed', 'refused', 'failed'] as const;

const openStates = ['open.fresh', 'open.suspect', 'open.awaitingPong'] as const;
type OpenState = (typeof openStates)[number];

export const playsConnection: readonly Play[] = [
  ...outcomes.map((outcome): Play => ({name: `connect: ${outcome}`, run: (harness) => connects(harness, outcome)})),
  ...outcomes.map(
    (outcome): Play => ({name: `connect: gone, then ${outcome}`, run: (harness) => gone(harness, outcome)}),
  ),
  {name: 'connect: never answered', keys: {call_timeout: 1}, run: neverAnswered},
  {name: 'connect: the gateway stops', run: stopsBefore},
  {name: 'heartbeat', keys: beating, run: heartbeat},
  {name: 'heartbeat: asked while fresh', keys: beating, run: (harness) => asked(harness, 'open.fresh')},
  {name: 'heartbeat: asked while suspect', keys: beating, run: (harness) => asked(harness, 'open.suspect')},
  {name: 'overrun, and no answer to the close frame', keys: {window: 1}, run: overrun},
  ...openStates.flatMap((state): Play[] => {
    const keys = state === 'open.fresh' ? {} : beating;
    return [
      {name: `goodbye in ${state}`, keys, run: (harness) => saysGoodbye(harness, state)},
      {name: `gone in ${state}`, keys, run: (harness) => vanishes(harness, state)},
      {name: `taken over in ${state}`, keys, run: (harness) => takenOver(harness, state)},
      {name: `disconnected in ${state}`, keys, run: (harness) => disconnects(harness, state)},
      {name: `the gateway stops in ${state}`, keys, run: (harness) => stopsIn(harness, state)},
    ];
  }),
];

async function connects(harness: Harness, outcome: Outcome): Promise<void> {
  harness.business.once('connect', connectAnswers[outcome]);
  await handshake(harness.cast, harness.daemon.port);
}

/** The client vanishes before the business server has answered. */
async function gone(harness: Harness, outcome: Outcome): Promise<void> {
  const {daemon, business} = harness;
  const held = harness.hold(connectAnswers[outcome]);
  business.once('connect', held.script);
  const client = await dial(harness.cast, daemon.port);
  client.request();
  await held.arrived;
  client.reset();
  await daemon.takes({chart, from: 'checking', event: 'socket.closed'});
  held.release();
  await daemon.takes({chart, from: 'abandoned', event: `upstream.${outcome}`});
}

/** The worker that makes the calls does not even notice their deadline. */
async function neverAnswered(harness: Harness): Promise<void> {
  const {daemon} = harness;
  // A worker takes orders once it has started, and it has when a call was answered.
  await harness.join('earlier');
  // Longer than the deadline and the grace that the edge adds to it.
  await daemon.order({kind: 'blockWorkers', ms: 4_000});
  const {answer} = await handshake(harness.cast, daemon.port);
  if (answer.status !== 503) throw new Error(`Expected 503, got ${answer.status}`);
}

async function stopsBefore(harness: Harness): Promise<void> {
  const {daemon, business} = harness;
  const held = harness.hold(connectAnswers.allowed);
  business.once('connect', held.script);
  const client = await dial(harness.cast, daemon.port);
  client.request();
  await held.arrived;
  await daemon.stop();
}

async function heartbeat(harness: Harness): Promise<void> {
  const {daemon} = harness;
  const member = await harness.join('listener');
  await daemon.takes({chart, from: 'open.fresh', event: 'clock.heartbeatDue'});
  member.raw.sendPing();
  await daemon.takes({chart, from: 'open.suspect', event: 'wire.heard'});
  // It answers one ping by itself, and no other.
  await daemon.takes({chart, from: 'open.awaitingPong', event: 'wire.heard'});
  member.raw.onPing = undefined;
  await member.raw.closeFrame();
}

/** A message that was not confirmed in time makes the gateway ask. */
async function asked(harness: Harness, state: OpenState): Promise<void> {
  await reach(harness, state);
  await harness.publish(1, shortTimeout);
  await harness.daemon.takes({chart, from: state, event: 'delivery.unanswered'});
}

async function overrun(harness: Harness): Promise<void> {
  const held = harness.hold(harness.accepts());
  harness.business.once('message', held.script);
  const member = await harness.join('sender');
  member.send(1);
  await held.arrived;
  member.send(1);
  await member.raw.closeFrame();
  held.release();
  await harness.daemon.takes({chart, from: 'draining', event: 'clock.drainDue'});
}

async function saysGoodbye(harness: Harness, state: OpenState): Promise<void> {
  const member = await reach(harness, state);
  member.raw.sendClose(1000);
  await member.raw.closeFrame();
  member.vanish();
  await harness.daemon.takes({chart, from: 'draining', event: 'socket.closed'});
}

async function vanishes(harness: Harness, state: OpenState): Promise<void> {
  const member = await reach(harness, state);
  member.vanish();
  await harness.daemon.takes({chart, from: state, event: 'socket.closed'});
}

async function takenOver(harness: Harness, state: OpenState): Promise<void> {
  const twin = success({RAINBOWCLIENTCHANNEL: room}, {identity: 'twin'});
  harness.business.once('connect', twin, twin);
  const member = await reach(harness, state);
  await harness.join('twin');
  await member.raw.closeFrame();
}

async function disconnects(harness: Harness, state: OpenState): Promise<void> {
  const member = await reach(harness, state);
  await harness.daemon.api.call({path: '/disconnect/', body: {channel: room}});
  await member.raw.closeFrame();
}

async function stopsIn(harness: Harness, state: OpenState): Promise<void> {
  const member = await reach(harness, state);
  const gone = member.raw.closeFrame().then(() => member.vanish());
  await Promise.all([gone, harness.daemon.stop()]);
}

/** A client that answers no ping, in this state. */
async function reach(harness: Harness, state: OpenState): Promise<Member> {
  const member = await harness.join('silent');
  member.raw.onPing = undefined;
  if (state === 'open.suspect') await harness.daemon.takes({chart, from: 'open.fresh', event: 'clock.heartbeatDue'});
  if (state === 'open.awaitingPong')
    await harness.daemon.takes({chart, from: 'open.suspect', event: 'clock.heartbeatDue'});
  return member;
}
