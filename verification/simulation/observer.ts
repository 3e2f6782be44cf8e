// Sees what clients, callers and the business server see, and nothing of the gateway's inside; checks every promise that
// shows there, as it happens and at the end. A violation is noted, and ends the run.

import type {SimulatedClock} from '../../src/core/clock-simulated.ts';
import type {Qos, SendPacket} from '../../src/protocol/packet.ts';
import type {PublishRequest} from '../../src/router/router.ts';
import type {
  AcceptedAnswer,
  Answer,
  Call,
  CloseCall,
  ConnectCall,
  FailedAnswer,
  MessageCall,
  RefusedAnswer,
} from '../../src/upstream/call.ts';
import {Memberships} from './memberships.ts';
import {ObservedConnection} from './observed-connection.ts';
import type {ObservedMessage} from './observed-message.ts';
import {ObservedPublication} from './observed-publication.ts';
import type {Plan} from './plan.ts';
import {readSerial} from './serial.ts';
import {Violations} from './violation.ts';

/** Of a client's messages, of the business server's answers, and of those that are held at a time. */
const payloadBytesMost = 604;
const replyBytesMost = 24;
const heldMost = 50;
/** Every client sends the number of its connection under this name; the business server gets it with the connect call. */
export const headerConnection = 'x-connection';

/** `failed`: surely not processed, so that it is made again; `unknown`: it is not. */
interface ObservedClose {
  readonly connection: ObservedConnection;
  state: 'running' | 'made' | 'failed' | 'unknown';
}

function stateAfter(answer: FailedAnswer | RefusedAnswer): 'failed' | 'unknown' {
  if (answer.kind === 'refused') return 'unknown';
  const isUndone = !answer.wasSent || answer.reason === 'stopped' || answer.status === 503;
  return isUndone ? 'failed' : 'unknown';
}

export class Observer {
  readonly clock: SimulatedClock;
  readonly plan: Plan;
  readonly violations: Violations;
  readonly memberships: Memberships;
  /** By number, from 1. */
  readonly connections: ObservedConnection[] = [];
  /** By serial. */
  readonly publications: ObservedPublication[] = [];
  readonly messages: ObservedMessage[] = [];
  /** RAINBOWMESSAGEID to the serial of its message. */
  readonly messageIds = new Map<string, number>();
  /** The connection that has an identity now. */
  readonly named = new Map<string, ObservedConnection>();
  isStopping = false;
  /** By RAINBOWMESSAGEID. */
  readonly #closes = new Map<string, ObservedClose>();
  /** The wire id of the flow that ended last of those whose SEND had been repeated. */
  repeatedId: number | undefined;
  readonly #byIdentity = new Map<string, ObservedConnection[]>();
  #watched: ObservedConnection[] = [];

  constructor(clock: SimulatedClock, plan: Plan) {
    this.clock = clock;
    this.plan = plan;
    this.violations = new Violations(clock);
    this.memberships = new Memberships(plan.settings.channelsPerConnectionMax);
  }

  /** A client asks to connect. */
  connecting(client: number, isPolite: boolean): ObservedConnection {
    const connection = new ObservedConnection(this, this.connections.length + 1, client, isPolite);
    this.connections.push(connection);
    return connection;
  }

  admitted(connection: ObservedConnection): void {
    this.#checkSettled(connection);
    const {leave, join} = connection.admission ?? {leave: undefined, join: undefined};
    this.memberships.apply(connection.number, leave, join);
    const former = this.named.get(connection.identity);
    if (former !== undefined) this.watch(former);
    this.named.set(connection.identity, connection);
  }

  ended(connection: ObservedConnection): void {
    this.memberships.leaveAll(connection.number);
    if (this.named.get(connection.identity) === connection) this.named.delete(connection.identity);
  }

  /** The client whose connect call is made under `identity`. */
  clientOf(identity: string): number {
    return this.#byIdentity.get(identity)?.[0]?.client ?? 0;
  }

  /** The connection that a call is about; 0 where it cannot be known. */
  numberOf(call: Call): number {
    if (call.kind === 'message') return this.messages[readSerial(call.payload)]?.connection ?? 0;
    return this.#byIdentity.get(call.identity)?.[0]?.number ?? 0;
  }

  isTakenOver(connection: ObservedConnection): boolean {
    return this.named.get(connection.identity) !== connection;
  }

  /** Whether a newer one was given its identity, admitted or not. [RB-67] */
  isClaimed(connection: ObservedConnection): boolean {
    return this.#byIdentity.get(connection.identity)?.at(-1) !== connection;
  }

  /** Whether the business server gave its identity to others, too. */
  isShared(connection: ObservedConnection): boolean {
    return (this.#byIdentity.get(connection.identity)?.length ?? 0) > 1;
  }

  /** Close calls of which the business server did not say that they were made, or was not asked again. */
  get closesLost(): number {
    let lost = 0;
    for (const {state} of this.#closes.values()) if (state !== 'made') lost++;
    return lost;
  }

  /** Makes sure that what `connection` owes is looked at when the instant is over. */
  watch(connection: ObservedConnection): void {
    if (connection.isWatched) return;
    connection.isWatched = true;
    this.#watched.push(connection);
  }

  /** Time is about to move on, and the gateway is idle. */
  instantOver(): void {
    if (this.#watched.length === 0) return;
    const connections = this.#watched;
    this.#watched = [];
    for (const connection of connections) {
      connection.isWatched = false;
      connection.checkDebt();
    }
  }

  /** A caller publishes; `members` are the connections it is for, where they can be known. */
  publishes(request: PublishRequest, members: ReadonlySet<number> | undefined, serial: number): ObservedPublication {
    const publication = new ObservedPublication(serial, request, this.clock.now(), members, this.violations, {
      endedAt: (connection) => this.connections[connection - 1]?.endedAt,
      isClean: this.plan.networkModel === 'clean',
      identityOf: (connection) => this.connections[connection - 1]?.identity ?? '',
    });
    this.publications.push(publication);
    return publication;
  }

  /** A client sends a new message of its own. */
  messageSent(connection: number, qos: Qos, type: number, payload: Uint8Array, isPolite: boolean): ObservedMessage {
    const message: ObservedMessage = {
      serial: this.messages.length,
      connection,
      qos,
      type,
      payload,
      isPolite,
      calls: new Map(),
      processed: new Set(),
      hasArrived: false,
      isAcknowledged: false,
    };
    this.messages.push(message);
    return message;
  }

  /** The application of a client gets a message; repeats that the client recognised are left out. */
  delivered(connection: number, packet: SendPacket): void {
    const serial = readSerial(packet.payload);
    const publication = this.publications[serial];
    if (publication === undefined) {
      this.violations.note('wire', connection, 'a client got what was never published');
      return;
    }
    const {networkModel, hostility} = this.plan;
    const isInOrder = hostility === undefined;
    const isOncePromised = (isInOrder && packet.qos !== 1) || (packet.qos === 2 && networkModel === 'lossy');
    const observed = this.connections[connection - 1];
    if (isOncePromised && observed?.isPolite === true && publication.received.has(connection)) {
      this.violations.note('RB-21', connection, `${publication.name} delivered twice`);
    }
    if (isInOrder && !packet.isDup) observed?.gotFirst(publication.line, serial);
    publication.received.add(connection);
  }

  /** A client has the ACK or REC of its message. [RB-12] */
  acknowledged(message: ObservedMessage, reply: Uint8Array): void {
    message.isAcknowledged = true;
    if (!message.isPolite) return;
    const {serial, connection, processed} = message;
    this.violations.check(
      processed.size > 0,
      'RB-12',
      connection,
      () => `message ${serial} was acknowledged unprocessed`,
    );
    const text = Buffer.from(reply).toString('latin1');
    const isTrue = text === '' || [...processed].includes(text);
    this.violations.check(isTrue, 'RB-05', connection, () => `message ${serial} was answered ${text}`);
  }

  /** The gateway calls the business server. */
  called(call: Call): void {
    if (call.kind === 'message') this.#messageCalled(call);
    else if (call.kind === 'close') this.#closeCalled(call);
    else if (call.kind === 'connect') this.#connectCalled(call);
  }

  /** The business server has carried out a message. */
  processed(call: MessageCall): void {
    if (call.kind !== 'message') return;
    const message = this.messages[readSerial(call.payload)];
    if (message === undefined) return;
    message.processed.add(call.message);
    const isOnce = message.qos === 2 && message.isPolite && this.plan.networkModel !== 'reordering';
    const {serial, connection, processed} = message;
    const mayForget = this.connections[connection - 1]?.up.mayForget === true;
    if (isOnce && processed.size > 1 && !mayForget)
      this.violations.note('RB-21', connection, `message ${serial} was processed twice`);
  }

  /** The gateway gets the outcome of a call. */
  answered(call: Call, answer: Answer): void {
    if (call.kind === 'close') {
      const close = this.#closes.get(call.message);
      if (close?.state === 'running') close.state = answer.kind === 'accepted' ? 'made' : stateAfter(answer);
      return;
    }
    if (call.kind === 'connect') {
      const [connection] = this.#byIdentity.get(call.identity) ?? [];
      if (connection === undefined || answer.kind !== 'accepted') return;
      this.#allowed(connection, answer.identity);
      // Its channels are joined in the same turn as the upgrade is answered.
      connection.admission = answer;
      this.#noteCookie(connection, answer);
      return;
    }
    if (call.kind !== 'message') return;
    const message = this.messages[readSerial(call.payload)];
    const connection = message === undefined ? undefined : this.connections[message.connection - 1];
    if (message === undefined || connection === undefined) return;
    message.calls.set(call.message, answer.kind === 'accepted' ? 'accepted' : 'failed');
    connection.up.answered(call, message, answer);
    if (answer.kind === 'accepted') this.#applied(connection, answer);
  }

  /** Whether what a client has sent without an answer may pass a bound, whether or not it has come. [RB-29] */
  mayOverrun({number, up}: ObservedConnection): boolean {
    const {window, queue, queueBytesMax} = this.plan.settings;
    let count = up.lateRepeats;
    let bytes = up.lateRepeats * payloadBytesMost + Math.min(window, heldMost) * replyBytesMost;
    for (const message of this.messages) {
      if (message.connection !== number || message.isAcknowledged) continue;
      const isDone = message.qos === 0 && message.calls.size > 0 && ![...message.calls.values()].includes('running');
      if (isDone) continue;
      count++;
      bytes += message.payload.length;
    }
    return count >= Math.min(window, queue) || bytes > queueBytesMax;
  }

  // Here the name that the gateway gave to a client shows for the first time.
  #connectCalled({identity, headers}: ConnectCall): void {
    const number = Number(headers[headers.indexOf(headerConnection) + 1]);
    const connection = this.connections[number - 1];
    if (connection === undefined || connection.identity !== '') {
      this.violations.note('identity', number, 'a connect call without a client');
      return;
    }
    if (this.#byIdentity.has(identity)) this.violations.note('identity', number, 'is not unique');
    connection.identity = identity;
    this.#byIdentity.set(identity, [connection]);
  }

  #allowed(connection: ObservedConnection, identity: string | undefined): void {
    connection.isAllowed = true;
    connection.allowedAt = this.clock.now();
    if (identity === undefined) return;
    connection.identity = identity;
    const others = this.#byIdentity.get(identity) ?? [];
    this.#byIdentity.set(identity, [...others, connection]);
  }

  #applied(connection: ObservedConnection, answer: AcceptedAnswer): void {
    this.#noteCookie(connection, answer);
    if (connection.endedAt === undefined) this.memberships.apply(connection.number, answer.leave, answer.join);
  }

  #noteCookie(connection: ObservedConnection, {cookie}: AcceptedAnswer): void {
    if (cookie !== undefined) {
      connection.formerCookie = connection.cookie;
      connection.cookie = cookie === '' ? undefined : cookie;
      connection.cookieAt = this.clock.now();
    }
  }

  #messageCalled(call: MessageCall): void {
    if (call.kind !== 'message') return;
    const message = this.messages[readSerial(call.payload)];
    const connection = message === undefined ? undefined : this.connections[message.connection - 1];
    if (message === undefined || connection === undefined) {
      this.violations.note('wire', 0, 'a call for a message that no client sent');
      return;
    }
    const {number} = connection;
    if (connection.identity !== call.identity) this.violations.note('identity', number, 'called under another name');
    const isShared = (this.#byIdentity.get(call.identity)?.length ?? 0) > 1;
    if (connection.closeCalls > 0 && !isShared) this.violations.note('RB-64', number, 'a call after the close call');
    this.#checkCookie(connection, call.cookie);
    connection.up.called(call, message);
    message.calls.set(call.message, 'running');
  }

  // Before the 101 of a connection the older ones of its identity are reported closed, or they never are. [RB-67]
  #checkSettled(connection: ObservedConnection): void {
    for (const older of this.#byIdentity.get(connection.identity) ?? []) {
      if (older === connection) return;
      if (!older.isAllowed) continue;
      const close = [...this.#closes.values()].find((one) => one.connection === older);
      const isPending = close === undefined || close.state === 'running';
      if (isPending)
        this.violations.note('RB-67', connection.number, `admitted before ${older.number} was reported closed`);
    }
  }

  #closeCalled({identity, cookie, message, reason}: CloseCall): void {
    const known = this.#closes.get(message);
    if (known !== undefined) {
      if (known.state !== 'failed' || known.connection.identity !== identity)
        this.violations.note(
          'RB-64',
          known.connection.number,
          `its close call is made again though it was ${known.state}`,
        );
      known.state = 'running';
      return;
    }
    const connections = this.#byIdentity.get(identity) ?? [];
    const connection = connections.find((one) => one.isAllowed && one.endedAt !== undefined && one.closeCalls === 0);
    if (connection === undefined) {
      this.violations.note('RB-64', connections[0]?.number ?? 0, 'a close call for none, or a second one');
      return;
    }
    connection.closeCalls++;
    this.#closes.set(message, {connection, state: 'running'});
    if (reason === 'shutdown' && !this.isStopping)
      this.violations.note('RB-64', connection.number, `closed: ${reason}`);
    if (connections.length > 1) return;
    this.#checkCookie(connection, cookie);
    const isEarly = connection.up.running > 0 && !this.isStopping && !connection.mayCrash;
    if (isEarly) this.violations.note('RB-64', connection.number, 'the close call before the last call was answered');
  }

  #checkCookie(connection: ObservedConnection, cookie: string | undefined): void {
    const isTrue = cookie === connection.cookie;
    const isCrossing = connection.cookieAt === this.clock.now() && cookie === connection.formerCookie;
    if (!isTrue && !isCrossing)
      this.violations.note('cookie', connection.number, `${cookie}, not ${connection.cookie}`);
  }
}
