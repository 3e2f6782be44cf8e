// Keeps the connection: runs the client's connection chart on a socket, a timer and what the platform says. Each effect of
// the chart is a method. Part of a Rainbow. What goes over the connection is not its business; it only notices that
// something came.

import {viewBytes} from '../core/bytes.ts';
import type {Timer} from '../core/clock.ts';
import {type ClientConnectionEffect, type ClientConnectionEvent, clientConnectionSteps} from '../machines/steps.ts';
import {overrunText, stayAwayCodes} from '../protocol/close-code.ts';
import {readReconnectAfter} from '../protocol/farewell.ts';
import {generatePacket, type Packet, type PacketFault, parsePacket, textFault} from '../protocol/packet.ts';
import {Backoff} from './backoff.ts';
import type {ClosedEvent, EndEvent, RainbowState} from './events.ts';
import {type Settings, socketClass} from './options.ts';
import {Silence} from './silence.ts';
import type {Socket, SocketEvent} from './socket.ts';

/** What may be written to while the connection is open; afterwards it takes everything and sends nothing. */
export interface Link {
  readonly bufferedBytes: number;
  send(packet: Packet): void;
}

/** What the connection reports. */
export interface ConnectionOwner {
  /** Messages may go, over this link. */
  begins(link: Link): void;
  sends(packet: Packet): void;
  receives(packet: Packet | PacketFault): void;
  /** The gateway closed since a message was longer than it takes. */
  refusesSize(): void;
  /** Ask the gateway for a sign of life. */
  probe(): void;
  /** What was in flight has lost its connection. */
  loses(): void;
  changed(state: RainbowState, former: RainbowState): void;
  closed(event: ClosedEvent): void;
  queryFailed(error: unknown): void;
  ends(event: EndEvent): void;
}

type Close = Pick<ClosedEvent, 'code' | 'reason' | 'cause'>;

/** Where there was no close frame, as the WebSocket interface has it. */
const codeLost = 1006;
const codeBye = 1000;
const codeTooLarge = 1009;

/** Why the SDK itself gives a connection up, where it does. */
const ownReasons: {readonly [Event in ClientConnectionEvent]?: string} = {
  'clock.connectDue': 'not answered in time',
  'clock.heartbeatDue': 'no sign of life',
  'clock.fadeDue': 'no close frame in answer',
  'delivery.clogged': 'bound exceeded',
};

export class Connection implements Record<ClientConnectionEffect, (event: ClientConnectionEvent) => void> {
  state: RainbowState = 'idle';
  readonly #settings: Settings;
  readonly #owner: ConnectionOwner;
  readonly #backoff: Backoff;
  readonly #silence: Silence;
  readonly #events: ClientConnectionEvent[] = [];
  #isStepping = false;
  #socket: Socket | undefined;
  /** The attempt that is under way, so that events of an earlier one are not mistaken for its own. */
  #attempt = 0;
  /** The one that the present state waits for. */
  #timer: Timer | undefined;
  #close: Close = {code: codeLost, reason: ''};
  #wasOpen = false;
  /** Not before, by the clock: the gateway said so when it closed. */
  #retryFrom = 0;
  /** Whether there is a connection or an attempt whose end was not reported yet. */
  #isUntold = false;
  #last: ClosedEvent | undefined;
  #unwatch: (() => void) | undefined;

  constructor(settings: Settings, owner: ConnectionOwner) {
    this.#settings = settings;
    this.#owner = owner;
    this.#backoff = new Backoff(settings);
    this.#silence = new Silence(settings.clock, settings.heartbeatMs, () => this.tell('clock.heartbeatDue'));
  }

  /** How the last connection or attempt ended. */
  get last(): ClosedEvent | undefined {
    return this.#last;
  }

  get isOver(): boolean {
    return this.state === 'faded' || this.state === 'refused';
  }

  get isOpen(): boolean {
    return this.state.startsWith('open');
  }

  /** Opens it, or makes haste where it waits to be opened again. */
  bloom(): void {
    if (this.isOver) this.#enter('idle');
    this.tell('app.bloom');
    // Afterwards: where it was fading, that end has let go of the last watch.
    this.#unwatch ??= this.#settings.networkStatus.watch((event) => this.tell(event));
  }

  /** Each event is carried out whole before the next: what it does may cause others. */
  tell(event: ClientConnectionEvent): void {
    this.#events.push(event);
    if (this.#isStepping) return;
    this.#isStepping = true;
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) this.#step(next);
    } finally {
      this.#isStepping = false;
    }
  }

  #step(event: ClientConnectionEvent): void {
    const step = clientConnectionSteps[this.state][event];
    if (step === undefined) return;
    const [state, ...effects] = step;
    const former = this.state;
    this.state = state;
    if (!this.isOpen) this.#silence.stop();
    for (const effect of effects) this[effect](event);
    if (state !== former) this.#owner.changed(state, former);
  }

  #enter(state: RainbowState): void {
    const former = this.state;
    this.state = state;
    this.#owner.changed(state, former);
  }

  connect(): void {
    const attempt = ++this.#attempt;
    this.#close = {code: codeLost, reason: ''};
    this.#wasOpen = false;
    this.#isUntold = true;
    this.#timer?.cancel();
    this.#timer = this.#settings.clock.startTimer(this.#settings.connectTimeoutMs, () => {
      this.tell(this.#isSpent() ? 'socket.dismissed' : 'clock.connectDue');
    });
    const fail = (cause: unknown): void => {
      if (attempt !== this.#attempt) return;
      this.#owner.queryFailed(cause);
      this.#socketClosed({...this.#close, cause});
    };
    try {
      const url = this.#settings.url();
      if (typeof url === 'string') this.#open(url, attempt);
      else url.then((made) => this.#open(made, attempt)).catch(fail);
    } catch (error) {
      fail(error);
    }
  }

  #open(url: string, attempt: number): void {
    // It may have been given up while the query was made.
    if (attempt !== this.#attempt || this.state !== 'connecting') return;
    const socket: Socket = new (socketClass(this.#settings))(url);
    this.#socket = socket;
    socket.binaryType = 'arraybuffer';
    const whileMine = (take: (event: SocketEvent) => void) => (event: SocketEvent) => {
      if (this.#socket === socket) take(event);
    };
    socket.addEventListener(
      'open',
      whileMine(() => this.tell('socket.opened')),
    );
    socket.addEventListener(
      'message',
      whileMine(({data}) => this.#hear(data)),
    );
    socket.addEventListener(
      'close',
      whileMine(({code = codeLost, reason = ''}) => this.#socketClosed({code, reason})),
    );
    // A close event follows, and knows as much: a page does not learn what failed.
    socket.addEventListener('error', () => {});
  }

  begin(): void {
    this.#wasOpen = true;
    this.#timer?.cancel();
    this.#silence.start();
    this.#backoff.opened();
    const socket = this.#socket;
    this.#owner.begins({
      get bufferedBytes() {
        return socket?.bufferedAmount ?? 0;
      },
      send: (packet) => {
        if (this.#socket !== socket || !this.isOpen) return;
        this.#owner.sends(packet);
        socket?.send(generatePacket(packet));
      },
    });
  }

  probe(): void {
    this.#owner.probe();
    this.#silence.start();
  }

  lose(): void {
    this.#owner.loses();
  }

  close(): void {
    this.#wait(this.#settings.fadeTimeoutMs, 'clock.fadeDue');
    this.#socket?.close(codeBye);
  }

  awaitNetwork(): void {
    this.#wait(this.#settings.backoffMaxMs + this.#restMs(), 'clock.retryDue');
  }

  hurry(): void {
    this.#wait(this.#backoff.hurryMs() + this.#restMs(), 'clock.retryDue');
  }

  #hear(data: unknown): void {
    // After a close frame nothing takes effect. [RB-57]
    if (!this.isOpen) return;
    this.#silence.heard();
    this.tell('wire.heard');
    const bytes = viewBytes(data);
    this.#owner.receives(bytes === undefined ? textFault : parsePacket(bytes));
  }

  #socketClosed(close: Close): void {
    this.#close = close;
    this.#socket = undefined;
    if (close.code === codeTooLarge) this.#owner.refusesSize();
    if (close.reason === overrunText) this.#backoff.slowDown();
    // When the gateway says when to come back, it is welcome, whatever the code says.
    const reconnectAfterMs = readReconnectAfter(close.reason);
    this.#retryFrom = reconnectAfterMs === undefined ? 0 : this.#settings.clock.now() + reconnectAfterMs;
    const isFinal = reconnectAfterMs === undefined && stayAwayCodes.includes(close.code);
    this.tell(isFinal || (this.state === 'connecting' && this.#isSpent()) ? 'socket.dismissed' : 'socket.closed');
  }

  /** Whether the attempt that has just failed was the last. */
  #isSpent(): boolean {
    return this.#backoff.failures + 1 >= this.#settings.attemptsMax;
  }

  awaitRetry(): void {
    const retryInMs = this.#backoff.nextMs(this.#wasOpen) + this.#restMs();
    this.#wait(retryInMs, 'clock.retryDue');
    this.#tellClosed(retryInMs);
    if (this.#settings.networkStatus.isOffline) this.tell('network.offline');
  }

  /** How long the gateway still wants it to stay away. */
  #restMs(): number {
    return Math.max(0, this.#retryFrom - this.#settings.clock.now());
  }

  #wait(delayMs: number, event: ClientConnectionEvent): void {
    this.#timer?.cancel();
    this.#timer = this.#settings.clock.startTimer(delayMs, () => this.tell(event));
  }

  drop(event: ClientConnectionEvent): void {
    const reason = ownReasons[event];
    if (reason !== undefined) this.#close = {code: codeLost, reason};
    const socket = this.#socket;
    this.#socket = undefined;
    this.#attempt++;
    socket?.close(codeBye);
  }

  #tellClosed(retryInMs: number | undefined): void {
    if (!this.#isUntold) return;
    this.#isUntold = false;
    const {failures} = this.#backoff;
    this.#last = {...this.#close, wasOpen: this.#wasOpen, failures, retryInMs};
    this.#owner.closed(this.#last);
  }

  end(): void {
    this.#timer?.cancel();
    this.#unwatch?.();
    this.#unwatch = undefined;
    // The last attempt is followed by no wait, which would have counted it.
    if (this.state === 'refused' && !this.#wasOpen) this.#backoff.failures++;
    this.#tellClosed(undefined);
    this.#backoff.reset();
    this.#owner.ends({state: this.state === 'refused' ? 'refused' : 'faded', ...this.#close});
  }
}
