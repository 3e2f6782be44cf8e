// The actors of one thread without a network, for micro.ts: connections whose link keeps nothing, a business server that
// says yes at once, and turns that run on request.

import {createShardContext} from '../src/actors/create-shard-context.ts';
import type {SessionMessage} from '../src/actors/messages.ts';
import type {ShardContext} from '../src/actors/shard-context.ts';
import {systemClock} from '../src/core/clock.ts';
import {createCounters} from '../src/core/counters.ts';
import {systemRandom} from '../src/core/random.ts';
import {connectRainbow} from '../src/fronts/rainbow/connection.ts';
import {ConnectionEnvironment} from '../src/fronts/rainbow/connection-environment.ts';
import type {Link} from '../src/fronts/rainbow/link.ts';
import {defaultOptions} from '../src/gateway/config/options.ts';
import {emptyBytes, type Qos} from '../src/protocol/packet.ts';
import type {ActorRef} from '../src/runtime/actor.ts';
import {emptySelection} from '../src/story/trace-feed.ts';
import type {Answer, Call, UpstreamTransport} from '../src/upstream/call.ts';

const channelName = 'fan';

/** A link that counts what it is handed. */
class NullLink implements Link {
  readonly bufferedBytes = 0;
  readonly isHeldUp = false;
  frames = 0;
  reportTo(): void {}
  admit(): void {}
  refuse(): void {}
  send(): void {
    this.frames++;
  }
  holdUp(): void {}
  ping(): void {}
  close(): void {}
  terminate(): void {}
}

/** Says yes to every call, and puts every client into one channel. */
class AgreeingTransport implements UpstreamTransport {
  #receive: (answers: readonly Answer[]) => void = () => {};

  dispatch(calls: readonly Call[]): void {
    this.#receive(
      calls.map(({call}) => ({
        kind: 'accepted',
        call,
        body: emptyBytes,
        join: channelName,
        leave: undefined,
        cookie: undefined,
        identity: undefined,
      })),
    );
  }

  onAnswers(receive: (answers: readonly Answer[]) => void): void {
    this.#receive = receive;
  }

  withdraw(): void {}

  async close(): Promise<void> {}
}

/** A gateway thread without a network, with the clients of one channel. */
export class FanOutWorld {
  readonly #context: ShardContext;
  readonly #connections: ActorRef<SessionMessage>[] = [];
  #turn: (() => void) | undefined;
  #confirmed = 0;
  /** Wire ids are given out in turn by the thread; no other code takes any here. */
  #lastId = 0;

  /** `isTraced`: everything that happens is recorded. */
  constructor(connections: number, isTraced = false) {
    const defer = (turn: () => void): void => {
      this.#turn = turn;
    };
    this.#context = createShardContext({
      settings: {...defaultOptions, unorderedTypes: new Set()},
      clock: systemClock,
      random: systemRandom,
      counters: createCounters(),
      transport: new AgreeingTransport(),
      defer,
      onFailure: (_actor, error) => fail(error),
      onFatal: fail,
    });
    if (isTraced) this.#context.tracer.watch('bench', {...emptySelection, rate: 1}, Number.POSITIVE_INFINITY);
    const environment = new ConnectionEnvironment(this.#context, defaultOptions, defer);
    for (let count = 0; count < connections; count++) {
      const connection = connectRainbow(environment, new NullLink(), `client${count}`);
      connection.tell({kind: 'start', headers: []});
      this.#connections.push(connection);
    }
    this.#runTurns();
  }

  /** Publishes that many messages in one turn, lets every client confirm them in another, and returns how many did. */
  publish(qos: Qos, payload: Uint8Array, publications: number): number {
    const channel = this.#context.channels.find(channelName);
    if (channel === undefined) throw new Error('Expected the clients to be in their channel');
    this.#confirmed = 0;
    for (let count = 0; count < publications; count++) {
      channel.tell({
        kind: 'publish',
        request: {
          channel: channelName,
          identity: undefined,
          type: 1,
          qos,
          timeoutMs: 10_000,
          payload,
          wantsReplies: false,
        },
        reply: (outcome) => {
          this.#confirmed += outcome.connections;
        },
      });
    }
    this.#runTurns();
    if (qos > 0) this.#confirm(qos === 1 ? 'ack' : 'rec', publications);
    if (qos === 2) this.#confirm('com', publications);
    if (qos > 0) this.#lastId = (this.#lastId + publications) % 65_534;
    if (qos > 0 && this.#confirmed !== publications * this.#connections.length) {
      throw new Error(`Expected every client to confirm, got ${this.#confirmed}`);
    }
    return this.#confirmed;
  }

  #confirm(kind: 'ack' | 'rec' | 'com', publications: number): void {
    for (const connection of this.#connections) {
      for (let count = 0; count < publications; count++) {
        const id = ((this.#lastId + count) % 65_534) + 1;
        connection.tell(kind === 'com' ? {kind, id} : {kind, id, reply: emptyBytes});
      }
    }
    this.#runTurns();
  }

  #runTurns(): void {
    for (let turn = this.#turn; turn !== undefined; turn = this.#turn) {
      this.#turn = undefined;
      turn();
    }
  }
}

function fail(error: unknown): never {
  throw error;
}
