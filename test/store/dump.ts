// Everything that a store keeps, read through its port, in small pages; and a form of it that can be compared.

import type {EventRow, MessageRow} from '../../src/store/rows.ts';
import type {History, SessionState, SessionSummary, Store} from '../../src/store/store.ts';

export interface Dump {
  readonly summaries: readonly SessionSummary[];
  readonly sessions: readonly SessionState[];
  readonly messages: readonly MessageRow[];
  readonly deadLetters: readonly MessageRow[];
  readonly events: readonly EventRow[];
  readonly histories: readonly History[];
}

/** Channels that the tests use; a store does not list those with a history. */
export const channelNames = ['', 'room', 'nul\u0000l', 'Ünï 𝒳', "'; --"];

export async function dump(store: Store, pageSize = 3): Promise<Dump> {
  const summaries = await readPages<SessionSummary>((last) => store.sessions(last?.row.session, pageSize), pageSize);
  const sessions = await Promise.all(summaries.map(({row}) => store.session(row.session)));
  const histories = await Promise.all(channelNames.map((name) => store.history(name, 0, 1_000)));
  return {
    summaries,
    sessions: sessions.filter((session) => session !== undefined),
    messages: await readPages<MessageRow>((last) => store.messages(last, pageSize), pageSize),
    deadLetters: await readPages<MessageRow>((last) => store.deadLetters(last, pageSize), pageSize),
    events: await readPages<EventRow>((last) => store.events(last, pageSize), pageSize),
    histories: histories.filter((history) => history !== undefined),
  };
}

/** As text: the same for the same rows, whatever class their bytes have and in whatever order their members stand. */
export function show(value: unknown): string {
  return JSON.stringify(plain(value), undefined, 1) ?? 'undefined';
}

function plain(value: unknown): unknown {
  if (value === undefined) return 'undefined';
  if (value instanceof Uint8Array) return `hex:${Buffer.from(value).toString('hex')}`;
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(members.map(([name, member]) => [name, plain(member)]));
}

async function readPages<Row>(read: (last: Row | undefined) => Promise<readonly Row[]>, size: number): Promise<Row[]> {
  const rows: Row[] = [];
  for (;;) {
    const page = await read(rows.at(-1));
    rows.push(...page);
    if (page.length < size) return rows;
  }
}
