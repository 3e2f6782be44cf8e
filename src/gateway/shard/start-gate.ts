// Keeps the start of a node fair. Shards cannot begin to listen at the same moment, and clients that try again and again
// would all get into the first one and stay there. So until every shard listens, each answers clients with 503, and a
// connection that came too early is never let in afterwards: its client comes back when the kernel spreads over all.

import type {Server} from 'node:http';
import type {Duplex} from 'node:stream';
import type {FastifyInstance} from 'fastify';
import {refuseBare} from '../../fronts/rainbow/bare-answer.ts';
import {type Refusal, refusalText} from '../../protocol/refusal.ts';

const refusal: Refusal = {code: 'RB_OVERLOADED', detail: 'The gateway is starting. Retry later.'};

/** Refuses clients with 503 until every shard listens. */
export class StartGate {
  readonly #early = new WeakSet<Duplex>();
  #isOpen = false;

  /** Guards the requests of `app`; upgrades go through {@link refuseUpgrade}. */
  install(app: FastifyInstance): void {
    app.server.on('connection', (socket: Duplex) => {
      if (!this.#isOpen) this.#early.add(socket);
    });
    app.addHook('onRequest', (request, reply, done) => {
      if (this.#early.has(request.raw.socket)) {
        reply.code(503).headers({connection: 'close', 'retry-after': '1', 'content-type': 'application/json'});
        reply.send(refusalText(refusal));
      } else {
        done();
      }
    });
  }

  /** Whether `socket` came too early; it is answered then. */
  refuseUpgrade(socket: Duplex): boolean {
    const isEarly = this.#early.has(socket);
    if (isEarly) refuseBare(socket, refusal);
    return isEarly;
  }

  /** All shards listen. Settles when what came before that has been accepted, and marked as early. */
  async open(server: Server): Promise<void> {
    // The event loop accepts what waits in the kernel's queue before the second one.
    for (let phase = 0; phase < 2 && server.listening; phase++)
      await new Promise<void>((next) => void setImmediate(next));
    this.#isOpen = true;
  }
}
