// Rows as lists of fields, in the order of the columns of their tables: the form in which they are bound to statements, read
// from them, and passed between threads.

import {type CloseCallReason, isCloseCallReason} from '../../protocol/close-reason.ts';
import type {Qos} from '../../protocol/packet.ts';
import {eventKinds, type Keys, type Rows} from '../rows.ts';
import {type Change, StoreError} from '../store.ts';

export type Field = string | number | Uint8Array | undefined;

interface Format<Row, Key> {
  readonly columns: readonly string[];
  /** So many of the first ones name the row. */
  readonly keys: number;
  readonly key: (row: Key) => Field[];
  readonly readKey: (fields: FieldReader) => Key;
  readonly write: (row: Row) => Field[];
  readonly read: (fields: FieldReader) => Row;
}

/** Publications are never removed by name; the format wants a key all the same. */
type AllKeys = Keys & {readonly publication: Pick<Rows['publication'], 'publication'>};

export const formats: {readonly [Kind in keyof Rows]: Format<Rows[Kind], AllKeys[Kind]>} = {
  session: {
    columns: [
      ...['session', 'fence', 'owner', 'identity', 'subprotocol', 'token_hash', 'attempt', 'cookie', 'expiry_ms'],
      ...['expires_at', 'sequence', 'lost_ttl', 'lost_bound', 'lost_revoked', 'ended', 'is_close_owed'],
    ],
    keys: 1,
    key: ({session}) => [session],
    readKey: (fields) => ({session: fields.text()}),
    write: (row) => [
      ...[row.session, row.fence, row.owner, row.identity, row.subprotocol, row.tokenHash, row.attempt, row.cookie],
      ...[row.expiryMs, row.expiresAt, row.sequence, row.lost.ttl, row.lost.bound, row.lost.revoked, row.ended],
      row.isCloseOwed ? 1 : 0,
    ],
    read: (fields) => ({
      session: fields.text(),
      fence: fields.number(),
      owner: fields.text(),
      identity: fields.text(),
      subprotocol: fields.text(),
      tokenHash: fields.bytes(),
      attempt: fields.number(),
      cookie: fields.optionalText(),
      expiryMs: fields.number(),
      expiresAt: fields.optionalNumber(),
      sequence: fields.number(),
      lost: {ttl: fields.number(), bound: fields.number(), revoked: fields.number()},
      ended: fields.optionalEnd(),
      isCloseOwed: fields.number() === 1,
    }),
  },
  member: {
    columns: ['session', 'channel'],
    keys: 2,
    key: ({session, channel}) => [session, channel],
    readKey: (fields) => ({session: fields.text(), channel: fields.text()}),
    write: ({session, channel}) => [session, channel],
    read: (fields) => ({session: fields.text(), channel: fields.text()}),
  },
  publication: {
    columns: ['publication', 'channel', 'qos', 'type', 'payload', 'accepted_at', 'expires_at', 'offset', 'epoch'],
    keys: 1,
    key: ({publication}) => [publication],
    readKey: (fields) => ({publication: fields.text()}),
    write: (row) => [
      ...[row.publication, row.channel, row.qos, row.type, row.payload, row.acceptedAt, row.expiresAt, row.offset],
      row.epoch,
    ],
    read: (fields) => ({
      publication: fields.text(),
      channel: fields.optionalText(),
      qos: fields.qos(),
      type: fields.number(),
      payload: fields.bytes(),
      acceptedAt: fields.number(),
      expiresAt: fields.optionalNumber(),
      offset: fields.optionalNumber(),
      epoch: fields.optionalText(),
    }),
  },
  delivery: {
    columns: ['session', 'position', 'publication', 'id', 'released'],
    keys: 2,
    key: ({session, position}) => [session, position],
    readKey: (fields) => ({session: fields.text(), position: fields.number()}),
    write: ({session, position, publication, id, released}) => [session, position, publication, id, released],
    read: (fields) => ({
      session: fields.text(),
      position: fields.number(),
      publication: fields.optionalText(),
      id: fields.number(),
      released: fields.number(),
    }),
  },
  receipt: {
    columns: ['session', 'id', 'qos', 'position', 'message', 'digest', 'reply'],
    keys: 2,
    key: ({session, id}) => [session, id],
    readKey: (fields) => ({session: fields.text(), id: fields.number()}),
    write: ({session, id, qos, position, message, digest, reply}) => [
      session,
      id,
      qos,
      position,
      message,
      digest,
      reply,
    ],
    read: (fields) => ({
      session: fields.text(),
      id: fields.number(),
      qos: fields.qos() === 1 ? 1 : 2,
      position: fields.number(),
      message: fields.text(),
      digest: fields.optionalBytes(),
      reply: fields.optionalBytes(),
    }),
  },
  message: {
    columns: [
      ...['message', 'session', 'position', 'identity', 'type', 'payload', 'received_at'],
      ...['dead_at', 'dead_attempts', 'dead_reason'],
    ],
    keys: 1,
    key: ({message}) => [message],
    readKey: (fields) => ({message: fields.text()}),
    write: (row) => [
      ...[row.message, row.session, row.position, row.identity, row.type, row.payload, row.receivedAt],
      ...[row.dead?.at, row.dead?.attempts, row.dead?.reason],
    ],
    read: (fields) => ({
      message: fields.text(),
      session: fields.text(),
      position: fields.number(),
      identity: fields.text(),
      type: fields.number(),
      payload: fields.bytes(),
      receivedAt: fields.number(),
      dead: readDeath(fields),
    }),
  },
  event: {
    columns: ['session', 'sequence', 'identity', 'kind', 'at', 'reason'],
    keys: 2,
    key: ({session, sequence}) => [session, sequence],
    readKey: (fields) => ({session: fields.text(), sequence: fields.number()}),
    write: ({session, sequence, identity, kind, at, reason}) => [session, sequence, identity, kind, at, reason],
    read: (fields) => ({
      session: fields.text(),
      sequence: fields.number(),
      identity: fields.text(),
      kind: fields.eventKind(),
      at: fields.number(),
      reason: fields.optionalText(),
    }),
  },
  channel: {
    columns: ['channel', 'epoch', 'offset', 'floor'],
    keys: 1,
    key: ({channel}) => [channel],
    readKey: (fields) => ({channel: fields.text()}),
    write: ({channel, epoch, offset, floor}) => [channel, epoch, offset, floor],
    read: (fields) => ({
      channel: fields.text(),
      epoch: fields.text(),
      offset: fields.number(),
      floor: fields.number(),
    }),
  },
};

/** The fields of what a change puts, or of the key of what it removes. */
export function fieldsOf({verb, kind, row}: Change): Field[] {
  // Kind and row belong together; the compiler loses that in a union of unions.
  const {write, key} = formats[kind] as Format<unknown, unknown>;
  return verb === 'remove' ? key(row) : write(row);
}

const isText = (field: unknown): field is string => typeof field === 'string';
const isNumber = (field: unknown): field is number => typeof field === 'number';
const isBytes = (field: unknown): field is Uint8Array => field instanceof Uint8Array;
const isQos = (field: unknown): field is Qos => field === 0 || field === 1 || field === 2;
const isEventKind = (field: unknown): field is Rows['event']['kind'] => eventKinds.some((kind) => kind === field);
const isEnd = (field: unknown): field is CloseCallReason => isText(field) && isCloseCallReason(field);

/** Reads fields one after the other; what is not of its kind is damage. */
export class FieldReader {
  readonly #fields: readonly unknown[];
  #next: number;

  constructor(fields: readonly unknown[], start = 0) {
    this.#fields = fields;
    this.#next = start;
  }

  get hasMore(): boolean {
    return this.#next < this.#fields.length;
  }

  text(): string {
    return this.#expect(isText, 'text');
  }

  number(): number {
    return this.#expect(isNumber, 'a number');
  }

  bytes(): Uint8Array {
    return this.#expect(isBytes, 'bytes');
  }

  qos(): Qos {
    return this.#expect(isQos, '0, 1 or 2');
  }

  eventKind(): Rows['event']['kind'] {
    return this.#expect(isEventKind, 'a kind of event');
  }

  optionalText(): string | undefined {
    return this.#isAbsent() ? undefined : this.text();
  }

  optionalNumber(): number | undefined {
    return this.#isAbsent() ? undefined : this.number();
  }

  optionalBytes(): Uint8Array | undefined {
    return this.#isAbsent() ? undefined : this.bytes();
  }

  optionalEnd(): CloseCallReason | undefined {
    return this.#isAbsent() ? undefined : this.#expect(isEnd, 'the reason of an end');
  }

  /** Whether the next field is absent, which is then behind the reader. SQLite says null. */
  #isAbsent(): boolean {
    const field = this.#fields[this.#next];
    if (field !== undefined && field !== null) return false;
    this.#next++;
    return true;
  }

  #expect<Kind>(isOne: (field: unknown) => field is Kind, what: string): Kind {
    const field = this.#fields[this.#next++];
    if (!isOne(field))
      throw new StoreError('corrupt', `A field of the store holds ${typeof field} where ${what} belongs.`);
    return field;
  }
}

function readDeath(fields: FieldReader): Rows['message']['dead'] {
  const at = fields.optionalNumber();
  const attempts = fields.optionalNumber();
  const reason = fields.optionalText();
  return at === undefined ? undefined : {at, attempts: attempts ?? 0, reason: reason ?? ''};
}
