// Where clients come in: takes the `upgrade` events of the HTTP server, bounds them, and makes a session and its connection of each.

import type {IncomingMessage} from 'node:http';
import {Socket} from 'node:net';
import type {Duplex} from 'node:stream';
import {WebSocketServer} from 'ws';
import type {SessionMessage} from '../../actors/messages.ts';
import {DeadlineQueue, type Expiring} from '../../core/deadline-queue.ts';
import {errorTable} from '../../core/errors.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import type {ActorRef} from '../../runtime/actor.ts';
import {refuseBare} from './bare-answer.ts';
import {ClientWebSocket} from './client-web-socket.ts';
import {connectRainbow} from './connection.ts';
import type {ConnectionEnvironment} from './connection-environment.ts';
import {earlyBytesMax} from './early-bytes.ts';
import {Flusher} from './flusher.ts';
import {type HandshakeRules, readHandshake} from './handshake.ts';
import type {HandshakeNotices} from './handshake-notices.ts';
import type {LinkEnvironment} from './link-environment.ts';
import {MessageDeadlines} from './message-deadlines.ts';
import {type AllowedOrigins, OriginPolicy} from './origin-policy.ts';
import {ReadGate} from './read-gate.ts';
import {SlowReaders} from './slow-reader.ts';
import {type ProxyList, TrustedProxies} from './trusted-proxies.ts';
import {connectV2} from './v2-connect.ts';
import {V2Link} from './v2-link.ts';
import {isSaidByClose, turnAway} from './v2-turn-away.ts';
import {readWish, subprotocolV2} from './v2-wish.ts';
import {WebSocketLink} from './websocket-link.ts';

/**
 * Fragments of one message, on average at least so long: libraries cut at 4 KiB, those of small devices at 1 KiB or 512 bytes.
 * In smaller pieces a message costs more for its pieces than for its bytes.
 */
const fragmentBytesMin = 512;
const fragmentsMaxLeast = 128;
const fragmentsMaxMost = 65_536;
/** The same for the pieces in which the network brings a frame. */
const chunkBytesMin = 256;
const chunksMaxLeast = 1_024;
/** The connect call has its own deadline; this is for a worker that does not even keep that. */
const handshakeGraceMs = 2_000;
const identityBytes = 32;

/** A connection whose upgrade has not been answered. */
interface PendingHandshake extends Expiring<PendingHandshake> {
  readonly session: ActorRef<SessionMessage>;
}

/** The options of the edge, beside its thread. */
export interface EdgeOptions {
  /** Refuse clients without device id and platform. */
  readonly requireDevice: boolean;
  /** Origins from which browsers may connect. */
  readonly allowedOrigins: AllowedOrigins;
  /** Proxies whose forwarded headers count. */
  readonly trustedProxies: ProxyList;
  /** Bytes of one WebSocket message. */
  readonly payloadBytesMax: number;
  /** Bytes that a slow reader may leave unread before messages to it wait. */
  readonly sendBufferBytesMax: number;
  /** Time for the connect call, answer included. */
  readonly callTimeoutMs: number;
  /** Time for one WebSocket message, from its first byte to its last. */
  readonly messageTimeoutMs: number;
  /** A client that reads none of what waits for it for so long is closed. */
  readonly stallTimeoutMs: number;
  /** Frames a second read from one client, on average. */
  readonly packetRate: number;
  /** Frames that one client may send at once above that rate. */
  readonly packetBurst: number;
  /** Whether clients that want `rainbow.v2` get sessions; the others, and all of them otherwise, have legacy connections. */
  readonly offersSessions: boolean;
  readonly notices: HandshakeNotices;
  /** Whether there is room in the whole gateway for one client more. */
  mayAdmit(): boolean;
}

/** The entry point for clients of one thread. */
export interface WebSocketEdge {
  /** The listener for `upgrade`. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void;
  /** Leaves no timer; once every client has gone. */
  stop(): void;
}

export function createWebSocketEdge(connections: ConnectionEnvironment, options: EdgeOptions): WebSocketEdge {
  const {context} = connections;
  const {clock, counters, memory, scheduler} = context;
  const requestTurn = (): void => scheduler.requestTurn();
  const {payloadBytesMax, messageTimeoutMs, stallTimeoutMs} = options;
  const fragmentsMax = fragmentsOf(payloadBytesMax);
  const frameMs = 1_000 / options.packetRate;
  const environment: LinkEnvironment = {
    counters,
    flusher: new Flusher(counters, requestTurn),
    webSockets: new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      // The link answers pings, one for a turn: ws ends a client without a word that sends 60 at once.
      autoPong: false,
      maxPayload: payloadBytesMax,
      maxFragments: fragmentsMax,
      maxBufferedChunks: Math.max(chunksMaxLeast, Math.ceil(payloadBytesMax / chunkBytesMin)),
      WebSocket: ClientWebSocket,
      // Legacy clients get no subprotocol, whatever they offer.
      handleProtocols: (offered) => options.offersSessions && offered.has(subprotocolV2) && subprotocolV2,
    }),
    sendBufferBytesMax: options.sendBufferBytesMax,
    payloadBytesMax,
    fragmentsMax,
    clock,
    turn: scheduler,
    memory,
    frameMs,
    burstMs: options.packetBurst * frameMs,
    gate: new ReadGate({clock, counters, memory, requestTurn}),
    messages: new MessageDeadlines(clock, messageTimeoutMs, requestTurn),
    slowReaders: new SlowReaders({clock, memory, stallTimeoutMs}),
    pongs: new Map(),
  };
  const rules: HandshakeRules = {
    requireDevice: options.requireDevice,
    origins: new OriginPolicy(options.allowedOrigins),
    proxies: new TrustedProxies(options.trustedProxies),
    notices: options.notices,
  };
  const deadlines = new DeadlineQueue<PendingHandshake>(
    context.clock,
    options.callTimeoutMs + handshakeGraceMs,
    ({session}) => session.tell({kind: 'handshakeDue'}),
  );
  scheduler.onTurnEnd('flush', () => {
    environment.flusher.flush();
    environment.gate.look();
    environment.messages.look();
    // A pong that has to wait goes out when the socket has room, which the link learns in a turn.
    for (const [link, payload] of environment.pongs) if (link.pong(payload)) environment.pongs.delete(link);
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

  /** Why no client is let in at the moment. */
  function refuseNow(): Refusal | undefined {
    if (context.isStopping) return {code: 'RB_STOPPING'};
    return options.mayAdmit() && memory.hasRoomFor(earlyBytesMax) ? undefined : {code: 'RB_OVERLOADED'};
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    if (!(socket instanceof Socket)) {
      socket.destroy();
      return;
    }
    const reading = readHandshake(request, rules);
    const wish = options.offersSessions ? readWish(request) : undefined;
    const refusal = reading.kind === 'refused' ? reading.refusal : refuseNow();
    if (refusal !== undefined) {
      if (wish?.closesRefused === true && isSaidByClose(refusal)) turnAway(environment, request, socket, head, refusal);
      else refuse(socket, refusal);
      return;
    }
    // What ws compares with a single word may be a list.
    request.headers.upgrade = 'websocket';
    const identity = context.random.hex(identityBytes);
    const link = new (wish === undefined ? WebSocketLink : V2Link)(environment, request, socket, head);
    const session =
      wish === undefined ? connectRainbow(connections, link, identity) : connectV2(connections, link, identity, wish);
    if (reading.kind === 'accepted') session.tell({kind: 'start', headers: reading.headers, client: reading.client});
    const pending: PendingHandshake = {session, deadline: undefined};
    deadlines.add(pending, context.clock.now());
    link.onAnswered = () => deadlines.delete(pending);
  }

  return {
    upgrade,
    stop() {
      deadlines.stop();
      environment.gate.stop();
      environment.messages.stop();
      environment.slowReaders.stop();
    },
  };
}

/** How many fragments a message may have. */
function fragmentsOf(payloadBytesMax: number): number {
  const fragments = Math.ceil(payloadBytesMax / fragmentBytesMin);
  return Math.min(fragmentsMaxMost, Math.max(fragmentsMaxLeast, fragments));
}
