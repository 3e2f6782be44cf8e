// Where clients come in, in place of src/fronts/rainbow/websocket-edge.ts and its sockets.

import {connectRainbow} from '../../../src/fronts/rainbow/connection.ts';
import {earlyBytesMax} from '../../../src/fronts/rainbow/early-bytes.ts';
import {ReadGate} from '../../../src/fronts/rainbow/read-gate.ts';
import type {GatewayOptions} from '../../../src/gateway/config/options.ts';
import type {ShardCore} from '../../../src/gateway/shard/shard-core.ts';
import type {StrainClient} from './client.ts';
import type {SimulatedThread} from './thread.ts';

const identityBytes = 32;
const handshakeGraceMs = 2_000;

export class NodeEdge {
  readonly #core: ShardCore;
  readonly #thread: SimulatedThread;
  readonly #options: GatewayOptions;

  readonly #gate: ReadGate;

  constructor(core: ShardCore, thread: SimulatedThread, options: GatewayOptions) {
    this.#core = core;
    this.#thread = thread;
    this.#options = options;
    const {counters, memory, scheduler} = core.context;
    this.#gate = new ReadGate({clock: thread.clock, counters, memory, requestTurn: () => scheduler.requestTurn()});
    scheduler.onTurnEnd('flush', () => this.#gate.look());
  }

  accept(client: StrainClient): void {
    const {context, memory} = this.#core;
    if (context.isStopping || !this.#core.mayAdmit() || !memory.hasRoomFor(earlyBytesMax)) {
      client.refuse(503);
      return;
    }
    const identity = context.random.hex(identityBytes);
    const actor = connectRainbow(this.#core.connections, client, identity);
    client.gate = this.#gate;
    client.attach(identity, this.#thread);
    const deadline = this.#thread.clock.startTimer(this.#options.callTimeoutMs + handshakeGraceMs, () =>
      actor.tell({kind: 'handshakeDue'}),
    );
    client.onAnswered = () => deadline.cancel();
    actor.tell({kind: 'start', headers: ['X-DEVICEID', String(client.number)]});
  }
}
