// Where clients come in: takes the `upgrade` events of the HTTP server, bounds them, and makes a connection actor of each.

import type {IncomingMessage} from 'node:http';
import {Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import {WebSocketServer} from 'ws';
import {spawnConnection} from '../actors/connection-actor.ts';
import type {ConnectionMessage} from '../actors/messages.ts';
import type {Thread} from '../actors/thread.ts';
import {errorTable} from '../core/errors.ts';
import type {ActorRef} from '../runtime/actor.ts';
import {DeadlineQueue} from '../upstream/deadline-queue.ts';
import type {Refusal} from './api-answer.ts';
import {refuseBare} from './bare-answer.ts';
import {Flusher} from './flusher.ts';
import {type HandshakeRules, readHandshake} from './handshake.ts';
import type {HandshakeNotices} from './handshake-notices.ts';
import type {GatewayOptions} from './options.ts';
import {OriginPolicy} from './origin-policy.ts';
import {TrustedProxies} from './trusted-proxies.ts';
import {ClientWebSocket, type LinkEnvironment, WebSocketLink} from './websocket-link.ts';

/** Fragments of one message; a packet has no need of many. */
const fragmentsMax = 128;
/** The connect call has its own deadline; this is for a worker that does not even keep that. */
const handshakeGraceMs = 2_000;
const identityBytes = 32;

/** What the edge is told beside its thread. */
export interface EdgeOptions
  extends Pick<
    GatewayOptions,
    'requireDevice' | 'allowedOrigins' | 'trustedProxies' | 'payloadBytesMax' | 'sendBufferBytesMax' | 'callTimeoutMs'
  > {
  readonly notices: HandshakeNotices;
  /** Whether there is room in the whole gateway for one client more. */
  mayAdmit(): boolean;
}

/** Returns the listener for `upgrade`. */
export function createWebSocketEdge(
  thread: Thread,
  options: EdgeOptions,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => void {
  const {counters, scheduler} = thread;
  const environment: LinkEnvironment = {
    counters,
    flusher: new Flusher(counters, () => scheduler.requestTurn()),
    webSockets: new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: options.payloadBytesMax,
      maxFragments: fragmentsMax,
      WebSocket: ClientWebSocket,
      // Legacy clients get no subprotocol, whatever they offer.
      handleProtocols: () => false,
    }),
    sendBufferBytesMax: options.sendBufferBytesMax,
    payloadBytesMax: options.payloadBytesMax,
    paused: new Set(),
  };
  const rules: HandshakeRules = {
    requireDevice: options.requireDevice,
    origins: new OriginPolicy(options.allowedOrigins),
    proxies: new TrustedProxies(options.trustedProxies),
    notices: options.notices,
  };
  const deadlines = new DeadlineQueue<ActorRef<ConnectionMessage>>(
    thread.clock,
    options.callTimeoutMs + handshakeGraceMs,
    (connection) => connection.tell({kind: 'handshakeDue'}),
  );
  scheduler.onTurnEnd(() => {
    environment.flusher.flush();
    for (const link of environment.paused) link.resume();
  });

  const refuse = (socket: Socket, refusal: Refusal): void => {
    const {httpStatus} = errorTable[refusal.code];
    if (httpStatus === 401) counters.handshakesRefused++;
    else if (httpStatus === 403) counters.originsRefused++;
    else if (httpStatus === 503) counters.handshakesFailed++;
    else counters.handshakesInvalid++;
    // Where another version would do. [RFC 6455 section 4.4]
    refuseBare(socket, refusal, httpStatus === 400 ? ['sec-websocket-version', '13, 8'] : []);
  };

  return (request, socket, head) => {
    if (!(socket instanceof Socket)) {
      socket.destroy();
      return;
    }
    const reading = readHandshake(request, rules);
    if (reading.kind === 'refused') {
      refuse(socket, reading.refusal);
      return;
    }
    if (thread.isStopping || !options.mayAdmit()) {
      refuse(socket, {code: thread.isStopping ? 'RB_STOPPING' : 'RB_OVERLOADED'});
      return;
    }
    // What ws compares with a single word may be a list.
    request.headers.upgrade = 'websocket';
    const link = new WebSocketLink(environment, request, socket, head);
    const connection = spawnConnection(thread, link, thread.random.hex(identityBytes));
    link.attach(connection);
    connection.tell({kind: 'start', headers: reading.headers});
    deadlines.add(connection, thread.clock.now());
    link.onAnswered = () => deadlines.delete(connection);
  };
}
