// Applies commits to the tables of a store file. Its caller begins and ends the transactions.

import type {DatabaseSync, StatementSync} from 'node:sqlite';
import {expectSound, type Known, mayApply, sessionOf} from '../admission.ts';
import type {ChannelRow, PublicationRow, Rows, SessionRow} from '../rows.ts';
import type {Change} from '../store.ts';
import {type Field, fieldsOf, formats} from './formats.ts';
import {type NumberedSession, RowNumbers} from './row-numbers.ts';

type Kind = keyof Rows;

export class Writer {
  readonly #numbers: RowNumbers;
  readonly #known: Known;
  readonly #puts: ReadonlyMap<Kind, StatementSync>;
  readonly #removes: ReadonlyMap<Kind, StatementSync>;
  /** What goes with its session. */
  readonly #empties: readonly StatementSync[];
  readonly #contentAt: StatementSync;
  readonly #contentsOf: StatementSync;
  readonly #dropPublication: StatementSync;
  readonly #epochOf: StatementSync;
  readonly #placed: StatementSync;
  readonly #placedBelow: StatementSync;

  constructor(database: DatabaseSync) {
    this.#numbers = new RowNumbers(database);
    this.#known = {
      session: (name) => this.#numbers.session(name),
      hasPublication: (name) => this.#numbers.publication(name) !== undefined,
    };
    const prepare = (text: string): StatementSync => database.prepare(text, {returnArrays: true});
    const kinds = Object.keys(formats) as Kind[];
    this.#puts = new Map(kinds.map((kind) => [kind, prepare(putText(kind))]));
    this.#removes = new Map(kinds.map((kind) => [kind, prepare(removeText(kind))]));
    this.#empties = ['member', 'delivery', 'receipt'].map((table) => prepare(`DELETE FROM ${table} WHERE session = ?`));
    this.#contentAt = prepare('SELECT publication FROM delivery WHERE session = ? AND position = ?');
    this.#contentsOf = prepare('SELECT publication FROM delivery WHERE session = ? AND publication NOTNULL');
    this.#dropPublication = prepare(
      'DELETE FROM publication WHERE number = ? AND NOT EXISTS (SELECT 1 FROM channel WHERE channel.channel = ' +
        'publication.channel AND channel.epoch = publication.epoch AND channel.floor <= publication."offset")',
    );
    this.#epochOf = prepare('SELECT epoch FROM channel WHERE channel = ?');
    this.#placed = prepare('SELECT number FROM publication WHERE channel = ? AND "offset" NOTNULL');
    this.#placedBelow = prepare('SELECT number FROM publication WHERE channel = ? AND epoch = ? AND "offset" < ?');
  }

  /** Throws where the commit cannot be meant, before any of it is applied. */
  expectSound(changes: readonly Change[]): void {
    expectSound(changes, this.#known);
  }

  /** Applies one commit; the result names the sessions of which changes were left out. */
  apply(changes: readonly Change[]): readonly string[] {
    const leftOut = new Set<string>();
    for (const change of changes) {
      const name = sessionOf(change);
      const session = name === undefined ? undefined : this.#numbers.session(name);
      if (mayApply(change, session)) this.#apply(change, session);
      else if (name !== undefined) leftOut.add(name);
    }
    this.#numbers.settle((number) => this.#dropPublication.run(number).changes === 1);
    return [...leftOut];
  }

  committed(): void {
    this.#numbers.committed();
  }

  rolledBack(): void {
    this.#numbers.rolledBack();
  }

  #apply(change: Change, session: NumberedSession | undefined): void {
    const {verb, kind, row} = change;
    switch (kind) {
      case 'session':
        if (verb === 'remove') this.#removeSession(row.session, session);
        else this.#putSession(row);
        return;
      case 'publication':
        this.#putPublication(row);
        return;
      case 'channel':
        this.#loosenPlaced(row.channel, verb === 'put' ? row : undefined);
        this.#run(change, fieldsOf(change));
        return;
      case 'delivery': {
        const fields = fieldsOf(change);
        fields[0] = session?.number;
        if (session !== undefined) this.#changeContent(session, row.position);
        if (verb === 'put' && row.publication !== undefined) {
          const content = this.#numbers.publication(row.publication);
          fields[2] = content?.number;
          if (content !== undefined) this.#numbers.deliveriesChanged(content.number, 1);
        }
        this.#run(change, fields);
        return;
      }
      case 'member':
      case 'receipt': {
        const fields = fieldsOf(change);
        fields[0] = session?.number;
        this.#run(change, fields);
        return;
      }
      default:
        this.#run(change, fieldsOf(change));
    }
  }

  #putSession(row: SessionRow): void {
    const {number} = this.#numbers.putSession(row.session, row);
    const fields = formats.session.write(row);
    run(this.#puts.get('session'), [number, ...fields]);
    if (row.ended !== undefined) this.#empty(number);
  }

  #removeSession(name: string, session: NumberedSession | undefined): void {
    if (session === undefined) return;
    this.#empty(session.number);
    run(this.#removes.get('session'), [name]);
    this.#numbers.removeSession(name);
  }

  #empty(session: number): void {
    for (const [content] of allRows(this.#contentsOf, session)) this.#numbers.deliveriesChanged(Number(content), -1);
    for (const statement of this.#empties) statement.run(session);
  }

  #putPublication(row: PublicationRow): void {
    if (this.#numbers.publication(row.publication) !== undefined) return;
    const {number} = this.#numbers.addPublication(row.publication);
    run(this.#puts.get('publication'), [number, ...formats.publication.write(row)]);
  }

  /** What is at `position` is replaced or removed. Nothing is behind the highest position that the session has had. */
  #changeContent(session: NumberedSession, position: number): void {
    if (position > session.position) {
      session.position = position;
      return;
    }
    const [content] = allRows(this.#contentAt, session.number, position)[0] ?? [];
    if (typeof content === 'number') this.#numbers.deliveriesChanged(content, -1);
  }

  /** Those that leave their channel's history. */
  #loosenPlaced(channel: string, row: ChannelRow | undefined): void {
    const [epoch] = allRows(this.#epochOf, channel)[0] ?? [];
    if (epoch === undefined) return;
    const isSame = epoch === row?.epoch;
    const leaving = isSame ? allRows(this.#placedBelow, channel, row.epoch, row.floor) : allRows(this.#placed, channel);
    for (const [number] of leaving) this.#numbers.loosen(Number(number));
  }

  #run({verb, kind}: Change, fields: readonly Field[]): void {
    run((verb === 'remove' ? this.#removes : this.#puts).get(kind), fields);
  }
}

function run(statement: StatementSync | undefined, fields: readonly Field[]): void {
  statement?.run(...fields.map((field) => field ?? null));
}

// The types know rows as objects only; this statement returns arrays.
function allRows(statement: StatementSync, ...fields: readonly (string | number)[]): readonly (readonly unknown[])[] {
  return statement.all(...fields) as unknown as readonly (readonly unknown[])[];
}

/** Tables with a number that names their rows in others. */
const numbered: readonly Kind[] = ['session', 'publication'];

function putText(kind: Kind): string {
  const {columns} = formats[kind];
  const all = [...(numbered.includes(kind) ? ['number'] : []), ...columns].map((name) => `"${name}"`);
  const keys = keysOf(kind);
  const sets = columns.slice(keys.length).map((name) => `"${name}" = excluded."${name}"`);
  const conflict = sets.length > 0 ? `DO UPDATE SET ${sets.join(', ')}` : 'DO NOTHING';
  const values = all.map(() => '?').join(', ');
  return `INSERT INTO "${kind}" (${all.join(', ')}) VALUES (${values}) ON CONFLICT (${keys.join(', ')}) ${conflict}`;
}

function removeText(kind: Kind): string {
  return `DELETE FROM "${kind}" WHERE ${keysOf(kind)
    .map((name) => `${name} = ?`)
    .join(' AND ')}`;
}

function keysOf(kind: Kind): readonly string[] {
  const {columns, keys} = formats[kind];
  return columns.slice(0, keys).map((name) => `"${name}"`);
}
