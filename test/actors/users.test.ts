import test from 'ava';
import {simulateGateway} from '../support/simulated-gateway.ts';

test('the sessions of a user are found while they last, and a session without a user is not kept', (t) => {
  const kit = simulateGateway();
  const {users} = kit.context;
  const [phone, laptop] = [kit.connect('room', {user: 'ann'}), kit.connect('room', {user: 'ann'})];
  const tablet = kit.connect('room', {user: 'ann', identity: 'tablet'});
  const other = kit.connect('room', {user: 'ben'});
  const stranger = kit.connect('room');
  t.deepEqual(users.sessionsOf('ann'), [phone.actor, laptop.actor, tablet.actor]);
  t.deepEqual(users.sessionsOf('ben'), [other.actor]);
  t.deepEqual(users.sessionsOf('carl'), []);
  t.is(users.userOf(tablet.actor), 'ann');
  t.is(users.userOf(stranger.actor), undefined);
  t.is(users.size, 2);
  for (const client of [laptop, stranger]) client.tell({kind: 'socketClosed'});
  t.deepEqual(users.sessionsOf('ann'), [phone.actor, tablet.actor]);
  for (const client of [phone, other]) client.tell({kind: 'socketClosed'});
  t.deepEqual(users.sessionsOf('ann'), [tablet.actor]);
  t.is(users.userOf(phone.actor), undefined);
  tablet.tell({kind: 'socketClosed'});
  t.is(users.size, 0);
});

test('a client that waits for its connect call, or for its identity, is not among the sessions of its user', (t) => {
  const kit = simulateGateway();
  const {users} = kit.context;
  const waiting = kit.knock();
  t.is(users.size, 0);
  kit.transport.accept('connect', {user: 'ann', identity: 'phone'});
  kit.run();
  t.deepEqual(users.sessionsOf('ann'), [waiting.actor]);
  const successor = kit.knock();
  kit.transport.accept('connect', {user: 'ben', identity: 'phone'});
  kit.run();
  t.is(users.size, 0, 'the older one has ended, the newer one waits until it is reported closed');
  kit.transport.accept('close');
  kit.run();
  t.deepEqual(users.sessionsOf('ben'), [successor.actor]);
});
