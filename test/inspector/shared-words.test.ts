// Lines that a page keeps: the same content, in far less memory.

import test from 'ava';
import {SharedWords} from '../../src/inspector/model/shared-words.ts';
import type {TraceLine} from '../../src/story/trace.ts';
import {collectGarbage} from '../support/garbage.ts';

/** As they come in a feed, of many clients and messages. */
function textsOf(count: number): string[] {
  return Array.from({length: count}, (_, number) => {
    const place = {seq: number, at: number, thread: 0, connection: number % 500, identity: `client-${number % 500}`};
    if (number % 100 === 0) {
      const row = {...place, state: 'open.awaitingPong', channels: ['a channel', 'another channel'], channelCount: 2};
      const counts = {silentMs: 1, inFlight: 0, queued: 0, inbound: 0, bufferedBytes: 0};
      return JSON.stringify({kind: 'roster', at: number, total: 1, rows: [{...row, ...counts}]});
    }
    const message = {message: `p${'0'.repeat(12)}${number % 500}`, flow: (number % 500) + 1};
    if (number % 2 === 0) {
      const packet = {kind: 'rec', id: message.flow, bytes: 1};
      return JSON.stringify({kind: 'packet', ...place, ...message, direction: 'in', packet, payload: 'YQ=='});
    }
    const step = {chart: 'outboundQos2', from: 'awaitingRec', event: 'wire.rec', to: 'awaitingCom', rule: 'RB-17'};
    return JSON.stringify({kind: 'transition', ...place, ...message, ...step, effects: ['confirm', 'sendRel']});
  });
}

function parse(text: string): TraceLine {
  return JSON.parse(text) as TraceLine;
}

test('a line whose words are shared has the same content, also after more words than are remembered', (t) => {
  const words = new SharedWords();
  const texts = textsOf(300);
  const share = (text: string): TraceLine => {
    const line = parse(text);
    words.share(line);
    return line;
  };
  t.deepEqual(texts.map(share), texts.map(parse));
  for (let number = 0; number < 50_000; number++) {
    words.share({
      kind: 'apiRefused',
      seq: number,
      at: 4,
      thread: 0,
      path: `/a/path/${number}`,
      code: 'RB_NO_SUCH_PATH',
    });
  }
  t.deepEqual(texts.map(share), texts.map(parse));
});

test.serial('lines whose words are shared take two thirds of the memory at most', (t) => {
  const texts = textsOf(20_000);
  const heldBy = (take: (line: TraceLine) => void): number => {
    collectGarbage();
    const before = process.memoryUsage().heapUsed;
    const kept = texts.map((text) => {
      const line = parse(text);
      take(line);
      return line;
    });
    collectGarbage();
    const held = process.memoryUsage().heapUsed - before;
    return kept.length === texts.length ? held : Number.NaN;
  };
  const words = new SharedWords();
  const [plain, shared] = [heldBy(() => {}), heldBy((line) => words.share(line))];
  t.log(`${(plain / 20_000).toFixed(0)} bytes a line, shared ${(shared / 20_000).toFixed(0)}`);
  t.true(shared < (plain * 2) / 3);
});
