// The session actor as the receiver of a walk: a client's messages, and the answers of the business server.

import {type Client, type SimulatedGateway, simulateGateway} from '../../test/support/simulated-gateway.ts';
import type {Entry} from './journal.ts';
import {type Product, spellPacket} from './walk.ts';
import type {World} from './world.ts';

export class ProductReceiver implements Product {
  readonly #kit: SimulatedGateway = simulateGateway();
  #client: Client = this.#kit.connect();

  follow(world: World, entries: readonly Entry[]): readonly string[] {
    for (const entry of entries) this.#do(world, entry);
    return this.#client.link.take();
  }

  compare(): undefined {
    return undefined;
  }

  #do(world: World, entry: Entry): void {
    if (entry.kind === 'packet') {
      const isForIt = entry.direction === 'forward' && entry.fate === 'arrives';
      if (isForIt) this.#client.receive(spellPacket(world, entry.code));
      return;
    }
    if (entry.text.endsWith('is answered') || entry.text.endsWith('fails')) this.#answer(entry.text.endsWith('fails'));
    if (entry.text.startsWith('the connection ends')) this.#reconnect();
  }

  /** The business server's reply to a message is the message. */
  #answer(isFailing: boolean): void {
    const {transport} = this.#kit;
    const call = transport.calls.find(({kind}) => kind === 'message');
    const text = call?.kind === 'message' ? Buffer.from(call.payload).toString() : '';
    if (isFailing) transport.fail('message');
    else transport.accept('message', {text});
    this.#kit.run();
  }

  // Calls of the old connection are still made; they are nothing to the new one.
  #reconnect(): void {
    this.#client.tell({kind: 'socketClosed'});
    const {transport} = this.#kit;
    while (transport.calls.some(({kind}) => kind === 'message')) this.#answer(false);
    transport.accept('close');
    this.#kit.run();
    this.#client = this.#kit.connect();
  }
}
