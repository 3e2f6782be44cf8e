// A client of `rainbow.v2` that is refused before the business server is asked, and wants to read why: browsers show no page
// the status of an upgrade. Its upgrade is answered 101, and closed at once.

import type {IncomingMessage} from 'node:http';
import type {Socket} from 'node:net';
import type {Server} from 'ws';
import type {Clock} from '../../core/clock.ts';
import {errorTable} from '../../core/errors.ts';
import {sessionCloseReasons} from '../../protocol/close-code.ts';
import {generatePacketV2} from '../../protocol/packet-v2.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import type {ClientWebSocket} from './client-web-socket.ts';

/** How long such a client has to answer the close frame. */
const drainMs = 2_000;

export interface TurningAway {
  readonly webSockets: Server<typeof ClientWebSocket>;
  readonly clock: Clock;
}

/** Whether a refusal can be said in a close frame: the client was refused (401), or the gateway is not available (503). */
export function isSaidByClose({code}: Refusal): boolean {
  const {httpStatus} = errorTable[code];
  return httpStatus === 401 || httpStatus === 503;
}

/** Answers 101, BYE and a close frame. */
export function turnAway(
  {webSockets, clock}: TurningAway,
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  refusal: Refusal,
): void {
  const {notAuthorized, unavailable} = sessionCloseReasons;
  const {code, text} = errorTable[refusal.code].httpStatus === 401 ? notAuthorized : unavailable;
  request.headers.upgrade = 'websocket';
  webSockets.handleUpgrade(request, socket, head, (webSocket) => {
    const timer = clock.startTimer(drainMs, () => webSocket.terminate());
    webSocket.on('error', () => webSocket.terminate());
    webSocket.on('close', () => timer.cancel());
    webSocket.send(generatePacketV2({kind: 'bye', json: {reason: text}}));
    webSocket.close(code, text);
  });
}
