// Random commits from a seed: what sessions, their halves, outboxes and histories do to a store, and now and then what a
// former owner does. Each follows from the model as the commits before have left it.

import {SeededRandom} from '../../src/core/random-seeded.ts';
import type {Rows} from '../../src/store/rows.ts';
import type {Change} from '../../src/store/store.ts';
import {channelNames} from './dump.ts';
import type {Model} from './model.ts';
import * as rows from './rows.ts';

export class Sequence {
  readonly #random: SeededRandom;
  readonly #model: Model;
  #number: number;

  /** `first`: above every number of sequences before it. */
  constructor(seed: number, model: Model, first = 0) {
    this.#random = new SeededRandom(seed);
    this.#model = model;
    this.#number = first;
  }

  /** The changes of the next commit; they are not applied to the model. */
  next(changesMax = 12): readonly Change[] {
    const changes: Change[] = [];
    const count = this.#random.integer(1, changesMax);
    while (changes.length < count) changes.push(...this.#happening());
    return changes;
  }

  #happening(): readonly Change[] {
    const pick = this.#random.integer(0, 13);
    const session = this.#pick(this.#model.tables.session);
    if (session === undefined || pick === 0) return [{verb: 'add', kind: 'session', row: this.#newSession()}];
    const {session: name} = session;
    const fence = this.#fence(session.fence);
    const channel = this.#channel();
    switch (pick) {
      case 1:
        return [{verb: 'put', kind: 'session', row: this.#changed(session, fence)}];
      case 2:
        return [{verb: 'remove', kind: 'session', row: {session: name}, fence}];
      case 3:
        return [{verb: 'put', kind: 'member', row: {session: name, channel}, fence}];
      case 4:
        return [{verb: 'remove', kind: 'member', row: {session: name, channel}, fence}];
      case 5:
      case 6:
        return this.#publish(channel);
      case 7:
      case 8:
        return this.#deliver();
      case 9:
        return this.#receive(name, fence);
      case 10:
      case 11:
        return this.#own(session, fence);
      case 12:
        return this.#report(session, fence);
      default:
        return this.#trim(channel);
    }
  }

  #newSession(): Rows['session'] {
    const number = ++this.#number;
    return rows.session({session: `n.${number % 7}-${number}`, identity: `i${number}`, tokenHash: this.#bytes()});
  }

  #changed(session: Rows['session'], fence: number): Rows['session'] {
    const number = ++this.#number;
    return {
      ...session,
      fence,
      attempt: number,
      cookie: this.#pick([undefined, '', 'cookie', '\u0000ü']),
      expiresAt: this.#pick([undefined, 1_700_000_000_000 + number]),
      sequence: session.sequence + 1,
      lost: {ttl: number, bound: 0, revoked: 1},
      ended: this.#pick([undefined, undefined, undefined, 'replaced']),
      isCloseOwed: number % 2 === 0,
    };
  }

  /** A publication to some sessions, each turn of a channel with a history a new offset. */
  #publish(channel: string): readonly Change[] {
    const known = this.#model.tables.channel.find((row) => row.channel === channel);
    const isKept = known !== undefined || this.#random.integer(0, 2) === 0;
    const number = ++this.#number;
    // A channel may be published to twice in a commit.
    const offset = (known?.offset ?? 0) + number;
    const epoch = known?.epoch ?? `e${number}`;
    const row = rows.publication({
      publication: `p${number}`,
      channel: this.#pick([undefined, channel, channel]),
      qos: isKept ? 0 : 2,
      payload: this.#bytes(),
      expiresAt: this.#pick([undefined, number]),
      ...(isKept && {channel, offset, epoch}),
    });
    const history = isKept ? [rows.channel({channel, epoch, offset, floor: Math.max(1, offset - 20)})] : [];
    return [
      {verb: 'put', kind: 'publication', row},
      ...history.map((row) => ({verb: 'put', kind: 'channel', row}) as const),
      ...this.#some(this.#model.tables.session).map(({session, fence}) => {
        const delivery = rows.delivery({session, position: number, publication: row.publication});
        return {verb: 'put', kind: 'delivery', row: delivery, fence: this.#fence(fence)} as const;
      }),
    ];
  }

  #deliver(): readonly Change[] {
    const delivery = this.#pick(this.#model.tables.delivery);
    const session = this.#model.tables.session.find((row) => row.session === delivery?.session);
    if (delivery === undefined || session === undefined) return [];
    const fence = this.#fence(session.fence);
    const number = ++this.#number;
    const row = this.#pick([
      {...delivery, id: (number % 65_535) + 1},
      {...delivery, id: delivery.id || 1, released: number, publication: undefined},
      undefined,
    ]);
    if (row !== undefined) return [{verb: 'put', kind: 'delivery', row, fence}];
    return [{verb: 'remove', kind: 'delivery', row: delivery, fence}];
  }

  #receive(session: string, fence: number): readonly Change[] {
    const number = ++this.#number;
    const known = this.#pick(this.#model.tables.receipt.filter((row) => row.session === session));
    if (known !== undefined && number % 3 === 0) return [{verb: 'remove', kind: 'receipt', row: known, fence}];
    const row = rows.receipt({
      session,
      id: (number % 5) + 1,
      qos: number % 2 === 0 ? 1 : 2,
      position: number,
      message: `m${number}`,
      digest: this.#pick([undefined, this.#bytes()]),
      reply: this.#pick([undefined, this.#bytes()]),
    });
    return [{verb: 'put', kind: 'receipt', row, fence}];
  }

  #own({session, identity}: Rows['session'], fence: number): readonly Change[] {
    const number = ++this.#number;
    const known = this.#pick(this.#model.tables.message);
    if (known === undefined || number % 2 === 0) {
      const row = rows.message({message: `m${number}`, session, identity, position: number, payload: this.#bytes()});
      return [{verb: 'put', kind: 'message', row, fence}];
    }
    if (number % 3 === 0) return [{verb: 'remove', kind: 'message', row: known}];
    const dead = known.dead === undefined ? {at: number % 4, attempts: number, reason: '400 Bad Request'} : undefined;
    return [{verb: 'put', kind: 'message', row: {...known, dead}}];
  }

  #report({session, identity, sequence}: Rows['session'], fence: number): readonly Change[] {
    const number = ++this.#number;
    const known = this.#pick(this.#model.tables.event);
    if (known !== undefined && number % 2 === 0) return [{verb: 'remove', kind: 'event', row: known}];
    const kind = this.#pick(['opened', 'detached', 'resumed', 'closed'] as const) ?? 'opened';
    const row = rows.event({session, identity, kind, sequence: sequence + number, at: number});
    return [{verb: 'put', kind: 'event', row, ...(number % 3 > 0 && {fence})}];
  }

  #trim(channel: string): readonly Change[] {
    const known = this.#model.tables.channel.find((row) => row.channel === channel);
    if (known === undefined) return [];
    const number = ++this.#number;
    if (number % 5 === 0) return [{verb: 'remove', kind: 'channel', row: {channel}}];
    const row = number % 4 === 0 ? {...known, epoch: `e${number}`} : {...known, floor: known.floor + (number % 30)};
    return [{verb: 'put', kind: 'channel', row}];
  }

  #fence(current: number): number {
    return current + (this.#pick([0, 0, 0, 0, 0, 0, 1, -1]) ?? 0);
  }

  #channel(): string {
    return this.#pick(channelNames) ?? '';
  }

  #bytes(): Uint8Array {
    const length = this.#pick([0, 1, 5, 300]) ?? 0;
    return Buffer.from(this.#random.hex(length), 'hex');
  }

  #pick<Item>(items: readonly Item[]): Item | undefined {
    return items[this.#random.integer(0, items.length - 1)];
  }

  #some<Item>(items: readonly Item[]): readonly Item[] {
    return items.filter(() => this.#random.integer(0, 1) === 0);
  }
}
