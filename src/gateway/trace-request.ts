// What a call of /trace/ or of the inspector's feed asks for, out of its query or body: either that, or the refusal that
// names the parameter. The caller is authenticated already.

import {identityLengthMax, isChannelName, isIdentity, parseMessageType} from '../protocol/api.ts';
import {emptySelection, type FeedQuery, type TraceSelection} from '../protocol/trace-feed.ts';
import type {Refusal} from './api-answer.ts';

/** Of a publication's id, and of a RAINBOWMESSAGEID. */
export const messageFormat = /^[pm][0-9a-z]{1,64}$/;
/** Identities, channels, types and connections of one selection. */
export const selectorsMax = 64;
/** How long the switch of the API stays on where the call names no time, and at most. */
export const switchSecondsDefault = 600;
export const switchSecondsMax = 86_400;

/** Reads the query of a feed; see `feedQuery` in protocol/trace-feed.ts. */
export function readFeedQuery(url: string): FeedQuery | Refusal {
  const query = new URL(url, 'http://gateway').searchParams;
  const rate = Number(query.get('rate') ?? 0);
  const selection = checkSelection({
    rate,
    identities: query.getAll('identity'),
    channels: query.getAll('channel'),
    types: query.getAll('type').map((text) => parseMessageType(text) ?? -1),
    connections: query.getAll('connection'),
    payloads: query.has('payloads'),
  });
  if ('code' in selection) return selection;
  const text = query.get('past') ?? '0';
  const past = text === 'all' ? Number.POSITIVE_INFINITY : /^\d{1,9}$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isNaN(past)) return refuse('Expected past to be a number of events, or all');
  return {selection, snapshots: query.has('snapshots'), roster: query.has('roster'), past};
}

/** What shall be traced from now on, and for how long; 0 ends it. */
export interface TraceSwitch {
  readonly selection: TraceSelection;
  readonly seconds: number;
}

/** Reads the JSON body of `POST /trace/`. */
export function readSwitch(body: Uint8Array): TraceSwitch | Refusal {
  const value = parseObject(body);
  if (value === undefined) return refuse('Expected the body to be a JSON object');
  const {seconds = switchSecondsDefault, rate = 0} = value;
  if (typeof rate !== 'number') return refuse('Expected rate to be a number from 0 to 1');
  if (typeof seconds !== 'number' || !(seconds >= 0 && seconds <= switchSecondsMax)) {
    return refuse(`Expected seconds to be a number from 0 to ${switchSecondsMax}`);
  }
  const lists = {
    identities: stringsOf(value.identities),
    channels: stringsOf(value.channels),
    connections: stringsOf(value.connections),
  };
  for (const [name, list] of Object.entries(lists)) {
    if (list === undefined) return refuse(`Expected ${name} to be a list of strings`);
  }
  const {types = []} = value;
  if (!Array.isArray(types)) return refuse('Expected types to be a list of numbers');
  const selection = checkSelection({
    ...emptySelection,
    rate,
    identities: lists.identities ?? [],
    channels: lists.channels ?? [],
    connections: lists.connections ?? [],
    types: types.map((type) => parseMessageType(String(type)) ?? -1),
  });
  return 'code' in selection ? selection : {selection, seconds};
}

/** Reads which story is asked for; `undefined` where none is. */
export function readStory(
  message: string | undefined,
  identity: string | undefined,
): {readonly message: string | undefined; readonly identity: string | undefined} | Refusal | undefined {
  if (message === undefined && identity === undefined) return undefined;
  if (message !== undefined && !messageFormat.test(message)) {
    return refuse('Expected message to be the id of a message, as /send/ tells it or RAINBOWMESSAGEID');
  }
  if (identity !== undefined && !isIdentity(identity)) return refuseIdentity();
  return {message, identity};
}

function checkSelection(selection: TraceSelection): TraceSelection | Refusal {
  const {rate, identities, channels, types, connections} = selection;
  if (!(rate >= 0 && rate <= 1)) return refuse('Expected rate to be a number from 0 to 1');
  if (identities.length + channels.length + types.length + connections.length > selectorsMax) {
    return refuse(`Expected at most ${selectorsMax} identities, channels, types and connections`);
  }
  if (!identities.every(isIdentity)) return refuseIdentity();
  if (!channels.every(isChannelName)) return refuse('Expected channel to be the name of a channel');
  if (types.includes(-1)) return refuse('Expected type to be a message type, 0 to 65535');
  if (!connections.every((text) => /^\d{1,3}:\d{1,15}$/.test(text))) {
    return refuse('Expected connection to be a thread and a number, as 0:12');
  }
  return selection;
}

function stringsOf(value: unknown): readonly string[] | undefined {
  if (value === undefined) return [];
  return Array.isArray(value) && value.every((item) => typeof item === 'string') ? value : undefined;
}

function parseObject(body: Uint8Array): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as Record<string, unknown>;
  } catch {
    // Not JSON; what the parser says would quote the body.
    return undefined;
  }
}

function refuse(detail: string): Refusal {
  return {code: 'RB_PARAMETERS', detail};
}

function refuseIdentity(): Refusal {
  return refuse(`Expected identity to be 1 to ${identityLengthMax} printable ASCII characters without blanks`);
}
