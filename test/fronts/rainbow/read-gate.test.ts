// Who is not read, and when it is read again, under a simulated clock.

import test from 'ava';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {createCounters} from '../../../src/core/counters.ts';
import {MemoryBound} from '../../../src/core/memory-bound.ts';
import {MessageDeadlines, type MessageSender} from '../../../src/fronts/rainbow/message-deadlines.ts';
import {type Gated, ReadGate} from '../../../src/fronts/rainbow/read-gate.ts';

class Client implements Gated {
  mayRead = true;
  isPaused = false;

  pauseReading(): void {
    this.isPaused = true;
  }
  resumeReading(): void {
    this.isPaused = false;
  }
}

function open(): {
  clock: SimulatedClock;
  memory: MemoryBound;
  gate: ReadGate;
  counters: ReturnType<typeof createCounters>;
} {
  const clock = new SimulatedClock();
  const memory = new MemoryBound(100);
  const counters = createCounters();
  return {clock, memory, counters, gate: new ReadGate({clock, counters, memory, requestTurn: () => {}})};
}

test('a client that is ahead of its pace is read again when it may be, without a turn', (t) => {
  const {clock, gate, counters} = open();
  const client = new Client();
  client.mayRead = false;
  gate.pause(client);
  gate.pause(client);
  t.is(counters.readsPaused, 1);
  clock.advance(1_000);
  t.true(client.isPaused && gate.has(client));
  client.mayRead = true;
  clock.advance(20);
  t.false(client.isPaused || gate.has(client));
});

test('those that wait for memory are let in a few at a time, the first one first', (t) => {
  const {clock, memory, gate} = open();
  const clients = Array.from({length: 40}, () => new Client());
  memory.hold(90);
  for (const client of clients) gate.starve(client);
  clock.advance(1_000);
  t.true(clients.every(({isPaused}) => isPaused));
  memory.release(90);
  gate.look();
  t.deepEqual(
    clients.map(({isPaused}) => isPaused),
    clients.map((_, place) => place >= 16),
  );
  clock.advance(60);
  t.false(clients.some(({isPaused}) => isPaused));
});

test('one that waits for both is read when neither holds it back, and one that has gone is forgotten', (t) => {
  const {clock, memory, gate} = open();
  const [both, gone] = [new Client(), new Client()];
  both.mayRead = false;
  memory.hold(90);
  for (const client of [both, gone]) gate.starve(client);
  gate.pause(both);
  gate.delete(gone);
  memory.release(90);
  clock.advance(20);
  t.true(both.isPaused);
  t.true(gone.isPaused, 'it is not read further');
  both.mayRead = true;
  clock.advance(20);
  t.false(both.isPaused);

  // The other way round: its pace allows for more before there is memory.
  memory.hold(90);
  both.mayRead = false;
  gate.pause(both);
  gate.starve(both);
  both.mayRead = true;
  clock.advance(1_000);
  t.true(both.isPaused);
  memory.release(90);
  clock.advance(20);
  t.false(both.isPaused);
});

for (const how of ['pause', 'starve', 'yield'] as const) {
  test(`a client that goes after ${how}() is looked for no more`, (t) => {
    const {clock, memory, gate} = open();
    const client = new Client();
    client.mayRead = false;
    memory.hold(90);
    gate[how](client);
    t.true(gate.has(client));
    gate.delete(client);
    t.false(gate.has(client));
    clock.advance(20);
    t.is(clock.pendingCount, 0);
    t.true(client.isPaused);
  });
}

test('a message is late when its time is over and what came meanwhile has been read', (t) => {
  const clock = new SimulatedClock();
  let turns = 0;
  const deadlines = new MessageDeadlines(clock, 1_000, () => turns++);
  const late: string[] = [];
  const sender = (name: string): MessageSender => ({messageLate: () => late.push(name), deadline: undefined});
  const [slow, saved, quick] = [sender('slow'), sender('saved'), sender('quick')];
  for (const each of [slow, saved, quick]) deadlines.begin(each);
  clock.advance(500);
  deadlines.end(quick);
  clock.advance(500);
  t.is(turns, 2);
  // Its last byte stood in its socket.
  deadlines.end(saved);
  deadlines.look();
  t.deepEqual(late, ['slow']);
  clock.advance(10_000);
  deadlines.look();
  t.deepEqual(late, ['slow']);
});

test('the end of the edge leaves no timer of the gate and of the deadlines, and no message is late after it', (t) => {
  const {clock, gate} = open();
  const client = new Client();
  client.mayRead = false;
  gate.pause(client);
  const deadlines = new MessageDeadlines(clock, 10, () => {});
  const late: string[] = [];
  deadlines.begin({messageLate: () => late.push('due'), deadline: undefined});
  clock.advance(10);
  deadlines.begin({messageLate: () => late.push('waiting'), deadline: undefined});
  t.is(clock.pendingCount, 2);
  gate.stop();
  deadlines.stop();
  t.is(clock.pendingCount, 0);
  deadlines.look();
  t.deepEqual(late, []);
});
