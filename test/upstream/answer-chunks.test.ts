// An answer in very many chunks does not keep its worker from the other calls.

import test from 'ava';
import type {Dispatcher} from 'undici';
import {systemClock} from '../../src/core/clock.ts';
import {systemRandom} from '../../src/core/random.ts';
import type {Answer} from '../../src/upstream/call.ts';
import {Caller} from '../../src/upstream/caller.ts';
import {openSocket} from '../../src/upstream/upstream-socket.ts';
import {listenHttp, messageCall, settingsOf} from './harness.ts';

/** Passes everything on, and counts the chunks of each turn of the event loop. */
class CountingHandler implements Dispatcher.DispatchHandler {
  readonly onRequestStart: NonNullable<Dispatcher.DispatchHandler['onRequestStart']>;
  readonly onResponseStart: NonNullable<Dispatcher.DispatchHandler['onResponseStart']>;
  readonly onResponseData: NonNullable<Dispatcher.DispatchHandler['onResponseData']>;
  readonly onResponseEnd: NonNullable<Dispatcher.DispatchHandler['onResponseEnd']>;
  readonly onResponseError: NonNullable<Dispatcher.DispatchHandler['onResponseError']>;

  constructor(handler: Dispatcher.DispatchHandler, onChunk: () => void) {
    this.onRequestStart = (...given) => handler.onRequestStart?.(...given);
    this.onResponseStart = (...given) => handler.onResponseStart?.(...given);
    this.onResponseData = (...given) => {
      onChunk();
      handler.onResponseData?.(...given);
    };
    this.onResponseEnd = (...given) => handler.onResponseEnd?.(...given);
    this.onResponseError = (...given) => handler.onResponseError?.(...given);
  }
}

test('of an answer in chunks of one byte no more than 16,384 are read in one turn, and it is whole', async (t) => {
  const count = 300_000;
  const business = await listenHttp(t, (request, response) => {
    request.resume();
    response.socket?.end(`HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n${'1\r\nx\r\n'.repeat(count)}0\r\n\r\n`);
  });
  let most = 0;
  let inTurn = 0;
  const onChunk = (): void => {
    if (inTurn === 0) setImmediate(() => (inTurn = 0));
    most = Math.max(most, ++inTurn);
  };
  const caller = new Caller(
    settingsOf(business.url, {answerBytesMax: count}),
    systemClock,
    systemRandom,
    (...given) => {
      const socket = openSocket(...given);
      return {
        get isDestroyed() {
          return socket.isDestroyed;
        },
        send: (request, handler) => socket.send(request, new CountingHandler(handler, onChunk)),
        destroy: () => socket.destroy(),
      };
    },
  );
  const answer = await new Promise<Answer>((resolve) => caller.start([messageCall()], resolve));
  t.is(answer.kind === 'accepted' && answer.body.length, count);
  t.true(most <= 16_384, `${most} in one turn`);
});
