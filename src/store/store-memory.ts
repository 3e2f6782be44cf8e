// The store of a gateway that keeps nothing beyond its process, and the measure for every other one. How much it holds is
// its callers' affair: it has no bound of its own.

import {expectSound, type Known, mayApply, sessionOf} from './admission.ts';
import {Publications} from './publications.ts';
import type {DeliveryRow, EventRow, MessageRow, PublicationRow, ReceiptRow, SessionRow} from './rows.ts';
import {type Change, type History, type SessionState, type SessionSummary, type Store, StoreError} from './store.ts';

/** A session and what is its own. */
interface Session {
  row: SessionRow;
  readonly channels: Set<string>;
  readonly deliveries: Map<number, DeliveryRow>;
  readonly receipts: Map<number, ReceiptRow>;
}

export class MemoryStore implements Store {
  readonly #sessions = new Map<string, Session>();
  readonly #publications = new Publications();
  readonly #messages = new Map<string, MessageRow>();
  readonly #events = new Map<string, Map<number, EventRow>>();
  readonly #known: Known = {
    session: (name) => this.#sessions.get(name)?.row,
    hasPublication: (name) => this.#publications.find(name) !== undefined,
  };
  #isClosed = false;

  /** Publications that are stored. */
  get publications(): number {
    return this.#publications.size;
  }

  async commit(changes: readonly Change[]): Promise<readonly string[]> {
    this.#expectOpen();
    expectSound(changes, this.#known);
    const leftOut = new Set<string>();
    for (const change of changes) {
      const name = sessionOf(change);
      const session = name === undefined ? undefined : this.#sessions.get(name);
      if (mayApply(change, session?.row)) this.#apply(change, session);
      else if (name !== undefined) leftOut.add(name);
    }
    this.#publications.settle();
    return [...leftOut];
  }

  async sessions(after: string | undefined, limit: number): Promise<readonly SessionSummary[]> {
    this.#expectOpen();
    return [...this.#sessions.values()]
      .filter(({row}) => after === undefined || row.session > after)
      .sort((a, b) => compare(a.row.session, b.row.session))
      .slice(0, limit)
      .map((session) => this.#summarize(session));
  }

  async session(name: string): Promise<SessionState | undefined> {
    this.#expectOpen();
    const session = this.#sessions.get(name);
    if (session === undefined) return undefined;
    const deliveries = [...session.deliveries.values()].sort(byPosition);
    return {
      row: session.row,
      channels: [...session.channels].sort(compare),
      deliveries: deliveries.map((row) => ({...row, publication: this.#content(row)})),
      receipts: [...session.receipts.values()].sort(byPosition),
      messages: this.#messagesWhere((row) => row.session === name && row.dead === undefined).sort(byPosition),
    };
  }

  async messages(after: MessageRow | undefined, limit: number): Promise<readonly MessageRow[]> {
    this.#expectOpen();
    return page(
      this.#messagesWhere(({dead}) => dead === undefined),
      (a, b) => compare(a.session, b.session) || a.position - b.position,
      after,
      limit,
    );
  }

  async deadLetters(after: MessageRow | undefined, limit: number): Promise<readonly MessageRow[]> {
    this.#expectOpen();
    return page(
      this.#messagesWhere(({dead}) => dead !== undefined),
      (a, b) => (a.dead?.at ?? 0) - (b.dead?.at ?? 0) || compare(a.message, b.message),
      after,
      limit,
    );
  }

  async events(after: EventRow | undefined, limit: number): Promise<readonly EventRow[]> {
    this.#expectOpen();
    return page(
      [...this.#events.values()].flatMap((events) => [...events.values()]),
      (a, b) => compare(a.session, b.session) || a.sequence - b.sequence,
      after,
      limit,
    );
  }

  async history(channel: string, after: number | undefined, limit: number): Promise<History | undefined> {
    this.#expectOpen();
    return this.#publications.history(channel, after, limit);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
  }

  #expectOpen(): void {
    if (this.#isClosed) throw new StoreError('closed', 'The store is closed.');
  }

  /** `session`: the one that the change names, where it is there. */
  #apply(change: Change, session: Session | undefined): void {
    const {verb, kind, row} = change;
    const isPut = verb !== 'remove';
    switch (kind) {
      case 'session':
        if (isPut) this.#putSession(row, session);
        else this.#removeSession(row.session, session);
        return;
      case 'member':
        if (isPut) session?.channels.add(row.channel);
        else session?.channels.delete(row.channel);
        return;
      case 'publication':
        this.#publications.put(row);
        return;
      case 'delivery':
        this.#putDelivery(session, row.position, isPut ? row : undefined);
        return;
      case 'receipt':
        if (isPut) session?.receipts.set(row.id, row);
        else session?.receipts.delete(row.id);
        return;
      case 'message':
        if (isPut) this.#messages.set(row.message, row);
        else this.#messages.delete(row.message);
        return;
      case 'event':
        if (isPut) this.#eventsOf(row.session).set(row.sequence, row);
        else this.#removeEvent(row.session, row.sequence);
        return;
      default:
        if (isPut) this.#publications.putChannel(row);
        else this.#publications.removeChannel(row.channel);
    }
  }

  #putSession(row: SessionRow, session: Session | undefined): void {
    if (session === undefined) {
      this.#sessions.set(row.session, {row, channels: new Set(), deliveries: new Map(), receipts: new Map()});
      return;
    }
    session.row = row;
    if (row.ended !== undefined) this.#empty(session);
  }

  #removeSession(name: string, session: Session | undefined): void {
    if (session !== undefined) this.#empty(session);
    this.#sessions.delete(name);
  }

  #empty(session: Session): void {
    session.channels.clear();
    session.receipts.clear();
    for (const position of session.deliveries.keys()) this.#putDelivery(session, position, undefined);
  }

  /** `row` takes the place of what is at `position`, or nothing does. */
  #putDelivery(session: Session | undefined, position: number, row: DeliveryRow | undefined): void {
    const before = session?.deliveries.get(position)?.publication;
    if (row === undefined) session?.deliveries.delete(position);
    else session?.deliveries.set(position, row);
    if (row?.publication !== undefined) this.#publications.deliveriesChanged(row.publication, 1);
    if (before !== undefined) this.#publications.deliveriesChanged(before, -1);
  }

  #eventsOf(session: string): Map<number, EventRow> {
    const known = this.#events.get(session);
    if (known !== undefined) return known;
    const events = new Map<number, EventRow>();
    this.#events.set(session, events);
    return events;
  }

  #removeEvent(session: string, sequence: number): void {
    const events = this.#events.get(session);
    events?.delete(sequence);
    if (events?.size === 0) this.#events.delete(session);
  }

  #content({publication}: DeliveryRow): PublicationRow | undefined {
    return publication === undefined ? undefined : this.#publications.find(publication);
  }

  #messagesWhere(isWanted: (row: MessageRow) => boolean): MessageRow[] {
    return [...this.#messages.values()].filter(isWanted);
  }

  #summarize({row, channels, deliveries}: Session): SessionSummary {
    let queued = 0;
    let queuedBytes = 0;
    let position = 0;
    for (const delivery of deliveries.values()) {
      position = Math.max(position, delivery.position);
      if (delivery.id !== 0) continue;
      queued++;
      queuedBytes += this.#content(delivery)?.payload.length ?? 0;
    }
    return {row, channels: [...channels].sort(compare), queued, queuedBytes, position};
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function byPosition(a: {readonly position: number}, b: {readonly position: number}): number {
  return a.position - b.position;
}

/** The first `limit` rows behind `after` in this order. */
function page<Row>(
  rows: readonly Row[],
  order: (a: Row, b: Row) => number,
  after: Row | undefined,
  limit: number,
): Row[] {
  return rows
    .filter((row) => after === undefined || order(row, after) > 0)
    .sort(order)
    .slice(0, limit);
}
