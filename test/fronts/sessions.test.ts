// Sessions that outlive their connections, on every front: one is detached, and its client proves it on another connection.

import test from 'ava';
import {emptyBytes, type Packet} from '../../src/protocol/packet.ts';
import {comeBack, openSession, sessionWires} from '../support/front-clients.ts';
import {simulateGateway} from '../support/simulated-gateway.ts';

const text = (words: string): Uint8Array => new Uint8Array(Buffer.from(words));
const up = (id: number, words: string, isDup = false): Packet => {
  return {kind: 'send', qos: 2, id, isDup, type: 7, payload: text(words)};
};

for (const [first, openFirst] of Object.entries(sessionWires)) {
  for (const [second, openSecond] of Object.entries(sessionWires)) {
    test(`a session goes on from ${first} to ${second}, with what is under way to the client in its order`, async (t) => {
      const kit = simulateGateway({window: 4});
      const client = await openSession(kit, openFirst(kit), {join: 'room'});
      const outcomes = (['a', 'b', 'c', 'd', 'e'] as const).map((words, place) =>
        kit.publish({qos: place === 1 ? 1 : 2, payload: text(words), timeoutMs: 60_000}),
      );
      t.is((await client.wire.take()).length, 4, 'as many as the window has room for');
      // The RECs come in another order than the messages went out in.
      await client.wire.send({kind: 'rec', id: 4, reply: emptyBytes});
      await client.wire.send({kind: 'rec', id: 1, reply: emptyBytes});
      await client.wire.leave();
      t.is(kit.transport.calls.length, 0, 'it is not reported closed');
      outcomes.push(kit.publish({qos: 1, payload: text('f'), timeoutMs: 60_000}));
      kit.advance(10_000);

      t.deepEqual(
        (await Promise.all(outcomes)).map(({connections, queued}) => [connections, queued]),
        [
          [1, 0],
          [0, 1],
          [0, 1],
          [1, 0],
          [0, 1],
          [0, 1],
        ],
        'no caller waits for a client that is away',
      );
      t.deepEqual(await comeBack(kit, client, openSecond(kit)), [
        'REL id 4',
        'REL id 1',
        'SEND q1 id 2 DUP "b"',
        'SEND q2 id 3 DUP "c"',
      ]);
      t.true(client.opened.resumed);
      for (const id of [4, 1]) await client.wire.send({kind: 'com', id});
      t.deepEqual(
        await client.wire.take(),
        ['SEND q2 id 5 "e"', 'SEND q1 id 6 "f"'],
        'what waited, then what came meanwhile',
      );
      for (const id of [2, 6]) await client.wire.send({kind: 'ack', id, reply: emptyBytes});
      for (const id of [3, 5]) await client.wire.send({kind: 'rec', id, reply: emptyBytes});
      t.deepEqual(await client.wire.take(), ['REL id 3', 'REL id 5']);
    });

    test(`a session goes on from ${first} to ${second}, with what is under way from the client forwarded once`, async (t) => {
      const kit = simulateGateway();
      const client = await openSession(kit, openFirst(kit));
      for (const [id, words] of [
        [1, 'a'],
        [2, 'b'],
        [3, 'c'],
      ] as const)
        await client.wire.send(up(id, words));
      const forwarded: string[] = [];
      const answer = (reply: string): void => {
        const call = kit.transport.accept('message', {text: reply});
        if (call.kind === 'message') forwarded.push(Buffer.from(call.payload).toString());
        kit.run();
      };
      answer('1');
      await client.wire.send({kind: 'rel', id: 1});
      await client.wire.leave();
      answer('2');

      await comeBack(kit, client, openSecond(kit));
      for (const [id, words] of [
        [2, 'b'],
        [3, 'c'],
      ] as const)
        await client.wire.send(up(id, words, true));
      await client.wire.send(up(4, 'd'));
      answer('3');
      answer('4');
      t.deepEqual(await client.wire.take(), ['REC id 2 "2"', 'REC id 3 "3"', 'REC id 4 "4"']);
      for (const id of [1, 2, 3, 4]) await client.wire.send({kind: 'rel', id});
      t.deepEqual(await client.wire.take(), ['COM id 1', 'COM id 2', 'COM id 3', 'COM id 4']);
      t.deepEqual(forwarded, ['a', 'b', 'c', 'd']);
      t.is(kit.transport.calls.length, 0);
    });

    test(`a client that comes back on ${second} before ${first} has ended is taken over, and nothing of that counts`, async (t) => {
      const kit = simulateGateway();
      const client = await openSession(kit, openFirst(kit), {join: 'room'});
      const former = client.wire;
      const outcome = kit.publish({qos: 1, payload: text('a')});
      await former.take();
      // Left in the mailbox behind the new connection: of the former one, so it is not applied.
      client.session.tell({kind: 'returning', by: 1});
      const latter = openSecond(kit);
      const returning = comeBack(kit, client, latter);
      const resends = await returning;
      t.true(await former.isClosed());
      t.deepEqual(resends, ['SEND q1 id 1 DUP "a"']);
      await former.send({kind: 'ack', id: 1, reply: text('late')});
      await client.wire.send({kind: 'ack', id: 1, reply: text('now')});
      const {lastReply} = await outcome;
      t.is(Buffer.from(lastReply ?? []).toString(), 'now');
      await former.leave();
      t.is(kit.context.sessions.size, 1, 'the end of the former connection ends nothing');
    });
  }

  test(`a detached session on ${first} ends with the gateway and with a newer one of its identity, and is reported once [RB-64]`, async (t) => {
    const kit = simulateGateway();
    const [one, two] = [
      await openSession(kit, openFirst(kit)),
      await openSession(kit, openFirst(kit), {identity: 'ann'}),
    ];
    await one.wire.leave();
    await two.wire.leave();
    t.is(kit.context.sessions.size, 2);
    one.session.tell({kind: 'stopping'});
    two.session.tell({kind: 'identityTaken', fencingToken: 1e9, done: () => {}});
    kit.run();
    t.deepEqual(
      kit.transport.calls.map((call) => call.kind === 'close' && call.reason),
      ['shutdown', 'replaced'],
    );
    for (let count = 0; count < 2; count++) kit.transport.accept('close');
    kit.run();
    t.is(kit.context.alive.size, 0);
  });
}
