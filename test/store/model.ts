// What a store has to do, said as plainly as can be: lists that are filtered. Slow, and the measure of every implementation.

import type {Rows} from '../../src/store/rows.ts';
import type {Change, SessionState} from '../../src/store/store.ts';
import {channelNames, type Dump} from './dump.ts';

type Tables = {-readonly [Kind in keyof Rows]: Rows[Kind][]};

const keys: {readonly [Kind in keyof Rows]: readonly (keyof Rows[Kind])[]} = {
  session: ['session'],
  member: ['session', 'channel'],
  publication: ['publication'],
  delivery: ['session', 'position'],
  receipt: ['session', 'id'],
  message: ['message'],
  event: ['session', 'sequence'],
  channel: ['channel'],
};

const inOrder = <Row>(rows: readonly Row[], ...of: ((row: Row) => string | number)[]): Row[] =>
  rows.toSorted((a, b) => {
    for (const value of of) {
      if (value(a) < value(b)) return -1;
      if (value(a) > value(b)) return 1;
    }
    return 0;
  });

export class Model {
  tables: Tables;

  constructor(tables?: Tables) {
    const none = {
      session: [],
      member: [],
      publication: [],
      delivery: [],
      receipt: [],
      message: [],
      event: [],
      channel: [],
    };
    this.tables = tables ?? none;
  }

  copy(): Model {
    return new Model(
      Object.fromEntries(Object.entries(this.tables).map(([kind, rows]) => [kind, [...rows]])) as Tables,
    );
  }

  /** Applies a commit; the result names the sessions of which changes were left out. */
  commit(changes: readonly Change[]): readonly string[] {
    const leftOut = new Set<string>();
    for (const change of changes) {
      if (this.#mayApply(change)) this.#apply(change);
      else leftOut.add((change.row as {session: string}).session);
    }
    const {delivery, publication} = this.tables;
    const needed = new Set(delivery.map((row) => row.publication));
    this.tables.publication = publication.filter((row) => needed.has(row.publication) || this.#isInHistory(row));
    return [...leftOut];
  }

  dump(): Dump {
    const {session, member, delivery, receipt, message, event, channel, publication} = this.tables;
    const messages = inOrder(
      message.filter(({dead}) => dead === undefined),
      (row) => row.session,
      (row) => row.position,
    );
    const sessions = inOrder(session, (row) => row.session).map((row): SessionState => {
      const isOwn = (other: {readonly session: string}): boolean => other.session === row.session;
      return {
        row,
        channels: inOrder(member.filter(isOwn), (row) => row.channel).map(({channel}) => channel),
        deliveries: inOrder(delivery.filter(isOwn), ({position}) => position).map((row) => ({
          ...row,
          publication: publication.find((other) => other.publication === row.publication),
        })),
        receipts: inOrder(receipt.filter(isOwn), ({position}) => position),
        messages: messages.filter(isOwn),
      };
    });
    return {
      sessions,
      summaries: sessions.map(({row, channels, deliveries}) => {
        const queued = deliveries.filter(({id}) => id === 0);
        return {
          row,
          channels,
          queued: queued.length,
          queuedBytes: queued.reduce((sum, {publication}) => sum + (publication?.payload.length ?? 0), 0),
          position: Math.max(0, ...deliveries.map(({position}) => position)),
        };
      }),
      messages,
      deadLetters: inOrder(
        message.filter(({dead}) => dead !== undefined),
        (row) => row.dead?.at ?? 0,
        (row) => row.message,
      ),
      events: inOrder(
        event,
        (row) => row.session,
        (row) => row.sequence,
      ),
      histories: channelNames.flatMap((name) => {
        const row = channel.find((other) => other.channel === name);
        if (row === undefined) return [];
        const kept = publication.filter((other) => other.channel === name && this.#isInHistory(other));
        return [{channel: row, publications: inOrder(kept, ({offset}) => offset ?? 0)}];
      }),
    };
  }

  #mayApply(change: Change): boolean {
    const {kind, verb} = change;
    if (verb === 'add' || kind === 'publication' || kind === 'channel') return true;
    if (kind === 'message' || kind === 'event') {
      if (verb === 'remove' || change.fence === undefined) return true;
    }
    const fence = kind === 'session' && verb === 'put' ? change.row.fence : (change as {fence: number}).fence;
    const session = this.tables.session.find((row) => row.session === change.row.session);
    if (session === undefined || session.fence > fence) return false;
    return session.ended === undefined || kind === 'session' || kind === 'message' || kind === 'event';
  }

  #apply(change: Change): void {
    const {kind, verb, row} = change;
    if (kind === 'publication' && this.tables.publication.some((other) => other.publication === row.publication))
      return;
    this.#remove(kind, row);
    if (verb !== 'remove') (this.tables[kind] as unknown[]).push(row);
    if (kind !== 'session' || (verb !== 'remove' && row.ended === undefined)) return;
    const isOther = (other: {readonly session: string}): boolean => other.session !== row.session;
    const {member, delivery, receipt} = this.tables;
    this.tables = {
      ...this.tables,
      member: member.filter(isOther),
      delivery: delivery.filter(isOther),
      receipt: receipt.filter(isOther),
    };
  }

  #remove<Kind extends keyof Rows>(kind: Kind, key: Partial<Rows[Kind]>): void {
    const table: Rows[Kind][] = this.tables[kind];
    const names: readonly (keyof Rows[Kind])[] = keys[kind];
    const others = table.filter((row) => !names.every((name) => row[name] === key[name]));
    table.splice(0, table.length, ...others);
  }

  #isInHistory({channel, epoch, offset}: Rows['publication']): boolean {
    if (offset === undefined) return false;
    return this.tables.channel.some((row) => row.channel === channel && row.epoch === epoch && row.floor <= offset);
  }
}
