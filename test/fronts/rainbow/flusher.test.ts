// Which bytes are written to each socket, also when others get the same frames in the same turn.

import test from 'ava';
import fc from 'fast-check';
import {createCounters} from '../../../src/core/counters.ts';
import {type Flushable, Flusher, type Outgoing} from '../../../src/fronts/rainbow/flusher.ts';

class Socket implements Flushable, Outgoing {
  first: Uint8Array | undefined;
  more: Uint8Array[] | undefined;
  readonly written: Buffer[] = [];

  hand(frames: readonly Uint8Array[]): void {
    [this.first] = frames;
    this.more = frames.length > 1 ? frames.slice(1) : undefined;
  }
  flush(bytes: Buffer): void {
    this.written.push(bytes);
  }
}

function flush(handed: readonly (readonly Uint8Array[])[]): {sockets: Socket[]; writes: number} {
  const counters = createCounters();
  const flusher = new Flusher(counters, () => {});
  const sockets = handed.map((frames) => {
    const socket = new Socket();
    socket.hand(frames);
    flusher.add(socket);
    return socket;
  });
  flusher.flush();
  return {sockets, writes: counters.writes};
}

test('each socket is written once, exactly what it was handed, whatever others were handed', (t) => {
  // Few frames, so that many sockets have some of the same in the same places.
  const frames = [1, 70, 200].map((length, byte) => new Uint8Array(length).fill(byte));
  const some = fc.array(fc.constantFrom(...frames), {minLength: 1, maxLength: 4});
  fc.assert(
    fc.property(fc.array(some, {minLength: 1, maxLength: 12}), (handed) => {
      const {sockets, writes} = flush(handed);
      t.is(writes, handed.length);
      for (const [place, {written, first, more}] of sockets.entries()) {
        t.deepEqual([first, more], [undefined, undefined]);
        t.is(written.length, 1);
        t.true(written[0]?.equals(Buffer.concat(handed[place] ?? [])));
      }
    }),
  );
});

test('one list of frames that begins like another is not taken for it', (t) => {
  const [a, b, c] = [1, 2, 3].map((byte) => Uint8Array.of(byte)) as [Uint8Array, Uint8Array, Uint8Array];
  const handed = [[a, b, c], [a, b], [a], [a, b, c], [a, c]];
  const {sockets} = flush(handed);
  t.deepEqual(
    sockets.map(({written}) => written[0]?.toString('hex')),
    ['010203', '0102', '01', '010203', '0103'],
  );
});
