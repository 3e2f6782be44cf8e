// The rows of a store hold what a session needs that goes on elsewhere: a real session is detached in one gateway, its state is
// stored, and built up again from the rows in another, which has none of its objects. The client that comes back there gets
// what it would have got from the first.

import test from 'ava';
import type {DeliveredPublication, Delivery} from '../../src/actors/delivery.ts';
import {StatsQuery} from '../../src/actors/stats-query.ts';
import type {V2Message} from '../../src/actors/v2-message.ts';
import {emptyBytes, type Packet} from '../../src/protocol/packet.ts';
import type {Change, SessionState, StoredDelivery} from '../../src/store/store.ts';
import {MemoryStore} from '../../src/store/store-memory.ts';
import {comeBack, openSession, type SessionClient, type SessionWire, sessionWires} from '../support/front-clients.ts';
import {silentObserver} from '../support/silent-observer.ts';
import {type SimulatedGateway, simulateGateway} from '../support/simulated-gateway.ts';
import * as rows from './rows.ts';

const name = 'node.session';
const fence = 1;
const text = (words: string): Uint8Array => new Uint8Array(Buffer.from(words));
const up = (id: number, words: string, isDup = false): Packet => {
  return {kind: 'send', qos: 2, id, isDup, type: 7, payload: text(words)};
};

/** What passes between a session and its front, and what waits: all that is to be stored of both halves. */
class Witness {
  readonly deliveries = new Set<Delivery>();
  readonly queued: DeliveredPublication[] = [];
  readonly held = new Map<number, V2Message>();

  constructor(kit: SimulatedGateway, {front}: SessionWire) {
    const deliver = front.deliver.bind(front);
    front.deliver = (delivery, isRepeat) => {
      this.deliveries.add(delivery);
      deliver(delivery, isRepeat);
    };
    const confirm = front.confirm.bind(front);
    front.confirm = (flow) => {
      if (flow.qos === 2) this.held.set(flow.id, flow as V2Message);
      confirm(flow);
    };
    const complete = front.complete.bind(front);
    front.complete = (id) => {
      this.held.delete(id);
      complete(id);
    };
    kit.context.observation.observer = {
      ...silentObserver,
      delivery: (fate, _subject, message) => {
        if (fate === 'queued') this.queued.push(message as DeliveredPublication);
      },
    };
  }

  /** The rows of both halves. */
  changes(): readonly Change[] {
    const sent = [...this.deliveries].filter(({isEnded}) => !isEnded);
    const begun = new Set([...this.deliveries].map(({publication}) => publication));
    const changes: Change[] = [];
    const put = (content: DeliveredPublication, id: number, released: number): void => {
      const publication = `p${content.messageId}`;
      const position = changes.length + 1;
      const {qos, type, payload} = content;
      const row = rows.publication({publication, qos, type, payload: payload.slice()});
      changes.push(
        {verb: 'put', kind: 'publication', row},
        {
          verb: 'put',
          kind: 'delivery',
          row: {session: name, position, publication: released > 0 ? undefined : publication, id, released},
          fence,
        },
      );
    };
    for (const {publication, id, confirmation} of sent) put(publication, id, confirmation);
    for (const publication of this.queued) if (!begun.has(publication)) put(publication, 0, 0);
    for (const [position, {id, message, reply}] of [...this.held.values()].entries()) {
      const row = {session: name, id, qos: 2, position, message, digest: undefined, reply: reply.slice()} as const;
      changes.push({verb: 'put', kind: 'receipt', row, fence});
    }
    return changes;
  }
}

async function channelsOf({session}: SessionClient, kit: SimulatedGateway): Promise<readonly string[]> {
  const stats = new StatsQuery(1);
  stats.start([session]);
  kit.run();
  await stats.done;
  return [...(stats.rows[0]?.channels?.keys() ?? [])];
}

/**
 * Builds a session up from its state, through a connection that is thrown away. Publishing gives out ids in turn, so those in
 * between are used up; what a released delivery was about is not known any more, and need not be.
 */
async function restore(kit: SimulatedGateway, state: SessionState, open: (kit: SimulatedGateway) => SessionWire) {
  const {cookie, identity} = state.row;
  const client = await openSession(kit, open(kit), {identity, cookie, join: state.channels.join(';;')});
  const publish = ({id, publication}: StoredDelivery): void => {
    for (let next = 1; next < id; next++) kit.context.sequences.nextMessageId();
    const {qos = 2, type = 0, payload = emptyBytes} = publication ?? {};
    void kit.publish({qos, type, payload, timeoutMs: 60_000});
  };
  const inFlight = state.deliveries.filter(({id}) => id > 0);
  let last = 0;
  for (const delivery of inFlight) {
    publish({...delivery, id: delivery.id - last});
    last = delivery.id;
  }
  const released = inFlight.filter((delivery) => delivery.released > 0).sort((a, b) => a.released - b.released);
  for (const {id} of released) await client.wire.send({kind: 'rec', id, reply: emptyBytes});
  for (const {id, reply} of state.receipts) {
    await client.wire.send(up(id, 'up'));
    kit.transport.accept('message', {body: reply ?? emptyBytes});
    kit.run();
  }
  await client.wire.leave();
  for (const delivery of state.deliveries) if (delivery.id === 0) publish(delivery);
  kit.run();
  return client;
}

for (const [wire, open] of Object.entries(sessionWires)) {
  test(`a detached session on ${wire} is stored, and goes on in another gateway from its rows`, async (t) => {
    const first = simulateGateway({window: 4});
    const carrier = open(first);
    const witness = new Witness(first, carrier);
    const answer = {identity: 'ann', cookie: 'blue', join: 'room;;side'};
    const client = await openSession(first, carrier, answer);
    for (const [place, words] of ['a', 'b', 'c', 'd', 'e', 'f'].entries()) {
      void first.publish({qos: place === 1 || place === 5 ? 1 : 2, payload: text(words), timeoutMs: 60_000});
    }
    first.run();
    // a is done, so that e is on its way; d is released before c; b and e are open; f waits.
    await client.wire.send({kind: 'rec', id: 1, reply: emptyBytes});
    await client.wire.send({kind: 'com', id: 1});
    for (const id of [4, 3]) await client.wire.send({kind: 'rec', id, reply: emptyBytes});
    for (const id of [8, 9]) {
      await client.wire.send(up(id, 'up'));
      first.transport.accept('message', {text: `reply ${id}`});
      first.run();
    }
    await client.wire.send({kind: 'rel', id: 8});
    await client.wire.leave();

    const store = new MemoryStore();
    const session = rows.session({session: name, identity: 'ann', cookie: 'blue', expiresAt: 120_000});
    const members = (await channelsOf(client, first)).map(
      (channel): Change => ({verb: 'put', kind: 'member', row: {session: name, channel}, fence}),
    );
    await store.commit([{verb: 'add', kind: 'session', row: session}, ...members, ...witness.changes()]);
    t.is(store.publications, 3, 'what was released needs no content');

    const state = await store.session(name);
    if (state === undefined) return t.fail('Expected a session');
    const second = simulateGateway({window: 4});
    const restored = await restore(second, state, open);
    t.deepEqual((await channelsOf(restored, second)).toSorted(), ['room', 'side']);
    t.deepEqual(await comeBack(second, restored, open(second)), [
      'REL id 4',
      'REL id 3',
      'SEND q1 id 2 DUP "b"',
      'SEND q2 id 5 DUP "e"',
    ]);
    await restored.wire.send({kind: 'com', id: 4});
    t.deepEqual(await restored.wire.take(), ['SEND q1 id 6 "f"'], 'what waited');
    await restored.wire.send(up(9, 'up', true));
    await restored.wire.send({kind: 'rel', id: 9});
    t.deepEqual(
      await restored.wire.take(),
      ['REC id 9 "reply 9"', 'COM id 9'],
      'answered as before, and forwarded to no one',
    );
    await restored.wire.send(up(10, 'new'));
    t.like(second.transport.take('message'), {identity: 'ann', cookie: 'blue'});
    t.is(second.transport.calls.length, 0);
  });
}
