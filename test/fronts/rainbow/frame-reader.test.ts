import {Socket} from 'node:net';
import test from 'ava';
import fc from 'fast-check';
import {FrameReader, type MessageTaker} from '../../../src/fronts/rainbow/frame-reader.ts';
import {type FrameFields, frame, opcodes} from '../../support/frame.ts';
import {packet} from '../../support/packets.ts';

/** What a reader has done with the bytes of a client: messages taken, and bytes passed on, both as hex and in order. */
class Reading implements MessageTaker {
  isOpen = true;
  readonly socket = new Socket();
  readonly steps: {readonly kind: 'taken' | 'passed'; readonly hex: string}[] = [];
  /** Called with each piece passed on. */
  onPassed: (bytes: Buffer) => void = () => {};
  readonly reader: FrameReader;

  constructor(bytesMax = 1_000) {
    this.socket.on('data', (bytes: Buffer) => {
      this.#note('passed', bytes);
      this.onPassed(bytes);
    });
    this.reader = new FrameReader(this.socket, this, bytesMax);
  }

  /** Frames, one number a chunk. */
  readonly frames: number[] = [];
  /** What became known of messages that are not whole. */
  readonly unfinishedNow: {readonly bytes: number; readonly isNew: boolean}[] = [];

  count(frames: number): void {
    this.frames.push(frames);
  }

  unfinished(bytes: number, _before: number, isNew: boolean): void {
    this.unfinishedNow.push({bytes, isNew});
  }

  take(bytes: Buffer, start: number, end: number): void {
    this.#note('taken', bytes.subarray(start, end));
  }

  /** The client's bytes come, cut at `cuts`. */
  receive(bytes: Buffer, cuts: readonly number[] = []): void {
    const places = [0, ...new Set(cuts.map((cut) => cut % bytes.length).sort((left, right) => left - right))];
    for (const [index, place] of places.entries()) {
      const chunk = Buffer.from(bytes.subarray(place, places[index + 1] ?? bytes.length));
      if (chunk.length > 0) this.socket.emit('data', chunk);
    }
  }

  #note(kind: 'taken' | 'passed', bytes: Buffer): void {
    const last = this.steps.at(-1);
    const hex = bytes.toString('hex');
    // Where one piece ends and the next begins does not matter.
    if (kind === 'passed' && last?.kind === 'passed') this.steps[this.steps.length - 1] = {kind, hex: last.hex + hex};
    else this.steps.push({kind, hex});
  }
}

const ack = packet('ACK id 1');
const small = (payload: Uint8Array = ack): Buffer => frame({opcode: opcodes.binary, payload});

test('whole small messages are taken, unmasked and in order, and ws gets nothing of them', (t) => {
  const reading = new Reading();
  const payloads = [ack, Buffer.alloc(0), Buffer.alloc(125, 7)];
  reading.receive(Buffer.concat(payloads.map((payload) => small(payload))));
  t.deepEqual(
    reading.steps,
    payloads.map((payload) => ({kind: 'taken', hex: payload.toString('hex')})),
  );
});

test('what is not a whole small binary message is for ws', (t) => {
  const others: readonly FrameFields[] = [
    {opcode: opcodes.text, payload: ack},
    {opcode: opcodes.ping, payload: ack},
    {opcode: opcodes.close},
    {opcode: opcodes.binary, payload: Buffer.alloc(126)},
    {opcode: opcodes.binary, payload: Buffer.alloc(70_000)},
    {opcode: opcodes.binary, payload: ack, masked: false},
    {opcode: opcodes.binary, payload: ack, reserved: 4},
    {opcode: opcodes.binary, payload: ack, fin: false},
    {opcode: opcodes.continuation, payload: ack},
  ];
  for (const fields of others) {
    const reading = new Reading();
    const bytes = frame(fields);
    reading.receive(bytes);
    t.deepEqual(reading.steps, [{kind: 'passed', hex: bytes.toString('hex')}]);
  }
});

test('a small message over the bound is for ws to refuse', (t) => {
  const reading = new Reading(2);
  reading.receive(Buffer.concat([small(ack.subarray(0, 2)), small()]));
  t.deepEqual(
    reading.steps.map(({kind}) => kind),
    ['taken', 'passed'],
  );
});

test('between the frames of one message everything is for ws', (t) => {
  const reading = new Reading();
  reading.receive(frame({opcode: opcodes.binary, payload: ack, fin: false}));
  reading.receive(small());
  reading.receive(frame({opcode: opcodes.ping}));
  reading.receive(small());
  reading.receive(frame({opcode: opcodes.continuation, payload: ack}));
  reading.receive(small());
  t.deepEqual(
    reading.steps.map(({kind}) => kind),
    ['passed', 'taken'],
  );
});

test('behind what is for ws the rest of a chunk is too, and the next chunk is read again [RB-58]', (t) => {
  const reading = new Reading();
  const ping = frame({opcode: opcodes.ping});
  const behind = small();
  reading.receive(Buffer.concat([small(), ping, behind]));
  reading.receive(small());
  t.deepEqual(reading.steps, [
    {kind: 'taken', hex: ack.toString('hex')},
    {kind: 'passed', hex: Buffer.concat([ping, behind]).toString('hex')},
    {kind: 'taken', hex: ack.toString('hex')},
  ]);
});

test('once the connection is not open all bytes are for ws [RB-57]', (t) => {
  const reading = new Reading();
  reading.onPassed = () => {
    reading.isOpen = false;
  };
  const close = frame({opcode: opcodes.close});
  const late = small();
  reading.receive(Buffer.concat([small(), close]));
  reading.receive(late);
  t.deepEqual(reading.steps, [
    {kind: 'taken', hex: ack.toString('hex')},
    {kind: 'passed', hex: Buffer.concat([close, late]).toString('hex')},
  ]);
});

test('a reader that was stopped, or whose socket has ended, reads nothing', (t) => {
  const stopped = new Reading();
  stopped.reader.stop();
  stopped.receive(small());
  const ended = new Reading();
  ended.socket.destroy();
  ended.receive(small());
  t.deepEqual([...stopped.steps, ...ended.steps], []);
});

test('each frame is counted, and a chunk without a beginning as one', (t) => {
  const reading = new Reading();
  const ping = frame({opcode: opcodes.ping});
  const empty = frame({opcode: opcodes.continuation, fin: false});
  reading.receive(Buffer.concat([small(), small(), ping, small()]));
  reading.receive(Buffer.concat([frame({opcode: opcodes.binary, fin: false}), empty, empty]));
  const large = frame({opcode: opcodes.continuation, payload: Buffer.alloc(1_000)});
  reading.receive(large, [3, 500]);
  t.deepEqual(reading.frames, [4, 3, 1, 1, 1]);
});

test('a message that is not whole is known from its first byte to its last, whatever control frames come between', (t) => {
  const begin = frame({opcode: opcodes.binary, payload: Buffer.alloc(300), fin: false});
  const pong = frame({opcode: opcodes.pong});
  const end = frame({opcode: opcodes.continuation, payload: ack});
  for (const bytes of [
    Buffer.concat([begin, pong, end]),
    frame({opcode: opcodes.binary, payload: Buffer.alloc(300)}),
  ]) {
    const reading = new Reading();
    const cuts = Array.from({length: bytes.length}, (_, place) => place);
    reading.receive(bytes, cuts);
    const news = reading.unfinishedNow.filter(({bytes: left, isNew}) => left > 0 && isNew);
    t.is(news.length, 1);
    const amounts = reading.unfinishedNow.map(({bytes: left}) => left);
    t.is(amounts.at(-1), 0);
    t.true(amounts.slice(0, -1).every((amount, place) => amount > (amounts[place - 1] ?? 0)));
  }
});

test('one message whose end comes with the beginning of the next is another one', (t) => {
  const reading = new Reading();
  const large = frame({opcode: opcodes.binary, payload: Buffer.alloc(300)});
  reading.receive(Buffer.concat([large, large, large]), [100, large.length + 100, 2 * large.length + 100]);
  t.deepEqual(
    reading.unfinishedNow.map(({bytes, isNew}) => (bytes === 0 ? 'whole' : isNew)),
    [true, true, true, 'whole'],
  );
});

test('what is held of a message that is not whole grows by each of its frames, however small, and by none before it', (t) => {
  const begin = frame({opcode: opcodes.binary, payload: Buffer.of(1), fin: false});
  const more = Array.from({length: 999}, () =>
    frame({opcode: opcodes.continuation, payload: Buffer.of(1), fin: false}),
  );
  const message = Buffer.concat([begin, ...more]);
  const many = Buffer.concat(
    Array.from({length: 1_000}, () => frame({opcode: opcodes.binary, payload: Buffer.alloc(200)})),
  );
  const heldOf = (bytes: Buffer, cuts: readonly number[]): number => {
    const reading = new Reading();
    reading.receive(bytes, cuts);
    return reading.unfinishedNow.at(-1)?.bytes ?? 0;
  };
  const whole = heldOf(message, []);
  t.true(whole >= message.length + 1_000 * 200, `${whole} bytes`);
  t.true(heldOf(message, [1_000, 3_000]) >= whole);
  // Messages that ended in the same chunk are no part of it.
  const behind = heldOf(Buffer.concat([many, begin]), []);
  t.true(behind <= many.length + 1_000, `${behind} bytes`);
});

test('a reader that is stopped in the middle of a message holds nothing of it', (t) => {
  const reading = new Reading();
  reading.receive(frame({opcode: opcodes.binary, payload: ack, fin: false}));
  reading.reader.stop();
  t.is(reading.unfinishedNow.at(-1)?.bytes, 0);
});

test('however the bytes are cut, each is taken or passed on once, in order, and ws sees whole frames', (t) => {
  const fields = fc.record({
    opcode: fc.constantFrom(opcodes.binary, opcodes.binary, opcodes.text, opcodes.ping),
    payload: fc.oneof(fc.uint8Array({maxLength: 130}), fc.constantFrom(new Uint8Array(300), new Uint8Array(66_000))),
  });
  const streams = fc.array(fields, {minLength: 1, maxLength: 8});
  fc.assert(
    fc.property(streams, fc.array(fc.nat(), {maxLength: 12}), (sent, cuts) => {
      const frames = sent.map((one) => ({...one, bytes: frame(one)}));
      const reading = new Reading();
      reading.receive(Buffer.concat(frames.map(({bytes}) => bytes)), cuts);
      const left = [...reading.steps];
      for (const {payload, bytes} of frames) {
        const step = left.shift();
        if (step?.kind === 'taken') {
          t.is(step.hex, Buffer.from(payload).toString('hex'));
          continue;
        }
        // Passed on: this frame whole, and perhaps the next ones behind it.
        const hex = bytes.toString('hex');
        t.true(step?.hex.startsWith(hex));
        const rest = step?.hex.slice(hex.length) ?? '';
        if (rest !== '') left.unshift({kind: 'passed', hex: rest});
      }
      t.deepEqual(left, []);
    }),
    {numRuns: 500},
  );
});
