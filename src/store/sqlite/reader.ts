// Reads the tables of a store file. Called between transactions, so that each read sees whole commits.

import type {DatabaseSync, StatementSync} from 'node:sqlite';
import type {EventRow, MessageRow, PublicationRow, Rows} from '../rows.ts';
import type {History, SessionState, SessionSummary, Store} from '../store.ts';
import {FieldReader, formats} from './formats.ts';

type Parameter = string | number;

/** The reads of the port, at once. */
export type Reads = {
  readonly [Verb in 'sessions' | 'session' | 'messages' | 'deadLetters' | 'events' | 'history']: (
    ...parameters: Parameters<Store[Verb]>
  ) => Awaited<ReturnType<Store[Verb]>>;
};

export class Reader implements Reads {
  readonly #database: DatabaseSync;
  /** By their text, each prepared once. */
  readonly #statements = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  sessions(after: string | undefined, limit: number): readonly SessionSummary[] {
    const columns = columnsOf('session');
    const text = `SELECT number, ${columns} FROM session WHERE session > ? ORDER BY session LIMIT ?`;
    // Names are not empty.
    return this.#all(text, after ?? '', limit).map((fields) => {
      const number = Number(fields[0]);
      return {
        row: formats.session.read(new FieldReader(fields, 1)),
        channels: this.#channelsOf(number),
        ...this.#queueOf(number),
      };
    });
  }

  session(name: string): SessionState | undefined {
    const [fields] = this.#all(`SELECT number, ${columnsOf('session')} FROM session WHERE session = ?`, name);
    if (fields === undefined) return undefined;
    const number = Number(fields[0]);
    const deliveries =
      `SELECT delivery.position, delivery.id, delivery.released, ${columnsOf('publication')} FROM delivery ` +
      'LEFT JOIN publication ON publication.number = delivery.publication WHERE session = ? ORDER BY position';
    const receipts = `SELECT ${columnsOf('receipt')} FROM receipt WHERE session = ? ORDER BY position`;
    const messages = `SELECT ${columnsOf('message')} FROM message WHERE session = ? AND dead_at IS NULL ORDER BY position`;
    return {
      row: formats.session.read(new FieldReader(fields, 1)),
      channels: this.#channelsOf(number),
      deliveries: this.#all(deliveries, number).map((row) => {
        const [position, id, released, publication] = row;
        return {
          session: name,
          position: Number(position),
          id: Number(id),
          released: Number(released),
          publication: publication === null ? undefined : formats.publication.read(new FieldReader(row, 3)),
        };
      }),
      receipts: this.#all(receipts, number).map(([, ...rest]) =>
        formats.receipt.read(new FieldReader([name, ...rest])),
      ),
      messages: this.#all(messages, name).map((row) => formats.message.read(new FieldReader(row))),
    };
  }

  messages(after: MessageRow | undefined, limit: number): readonly MessageRow[] {
    return this.#page('message', 'dead_at IS NULL', ['session', 'position'], [after?.session, after?.position], limit);
  }

  deadLetters(after: MessageRow | undefined, limit: number): readonly MessageRow[] {
    const last = [after?.dead?.at, after?.message];
    return this.#page('message', 'dead_at IS NOT NULL', ['dead_at', 'message'], last, limit);
  }

  events(after: EventRow | undefined, limit: number): readonly EventRow[] {
    return this.#page('event', 'true', ['session', 'sequence'], [after?.session, after?.sequence], limit);
  }

  history(channel: string, after: number | undefined, limit: number): History | undefined {
    const [fields] = this.#all(`SELECT ${columnsOf('channel')} FROM channel WHERE channel = ?`, channel);
    if (fields === undefined) return undefined;
    const row = formats.channel.read(new FieldReader(fields));
    const order = after === undefined ? 'DESC' : 'ASC';
    const text =
      `SELECT ${columnsOf('publication')} FROM publication WHERE channel = ? AND epoch = ? AND "offset" >= ? ` +
      `ORDER BY "offset" ${order} LIMIT ?`;
    const first = Math.max(row.floor, (after ?? 0) + 1);
    const publications = this.#all(text, channel, row.epoch, first, limit).map(
      (fields): PublicationRow => formats.publication.read(new FieldReader(fields)),
    );
    return {channel: row, publications: after === undefined ? publications.toReversed() : publications};
  }

  #channelsOf(session: number): readonly string[] {
    // In the order of JavaScript, which is not that of UTF-8.
    return this.#all('SELECT channel FROM member WHERE session = ?', session)
      .map(([channel]) => String(channel))
      .sort((a, b) => (a < b ? -1 : 1));
  }

  #queueOf(session: number): Pick<SessionSummary, 'queued' | 'queuedBytes' | 'position'> {
    const text =
      'SELECT count(*) FILTER (WHERE id = 0), coalesce(sum(length(payload)) FILTER (WHERE id = 0), 0), ' +
      'coalesce(max(position), 0) FROM delivery ' +
      'LEFT JOIN publication ON publication.number = delivery.publication WHERE session = ?';
    const [queued, queuedBytes, position] = this.#all(text, session)[0] ?? [];
    return {queued: Number(queued), queuedBytes: Number(queuedBytes), position: Number(position)};
  }

  /** Rows behind `last` in the order of two columns, or from the first on. */
  #page<Kind extends 'message' | 'event'>(
    kind: Kind,
    condition: string,
    order: readonly string[],
    last: readonly (Parameter | undefined)[],
    limit: number,
  ): Rows[Kind][] {
    const names = order.join(', ');
    const known = last.filter((value) => value !== undefined);
    const behind = known.length === 0 ? '' : `AND (${names}) > (?, ?)`;
    const text = `SELECT ${columnsOf(kind)} FROM ${kind} WHERE ${condition} ${behind} ORDER BY ${names} LIMIT ?`;
    const {read} = formats[kind];
    return this.#all(text, ...known, limit).map((fields) => read(new FieldReader(fields)));
  }

  #all(text: string, ...parameters: readonly Parameter[]): readonly (readonly unknown[])[] {
    const known = this.#statements.get(text);
    const statement = known ?? this.#database.prepare(text, {returnArrays: true});
    if (known === undefined) this.#statements.set(text, statement);
    // The types know rows as objects only.
    return statement.all(...parameters) as unknown as readonly (readonly unknown[])[];
  }
}

function columnsOf(kind: keyof Rows): string {
  return formats[kind].columns.map((name) => `"${kind}"."${name}"`).join(', ');
}
