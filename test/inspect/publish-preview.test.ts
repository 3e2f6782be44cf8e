import test from 'ava';
import {previewPublication} from '../../src/inspect/publish-preview.ts';
import type {PreviewFate, PreviewRow, QueryResult, QueryResults} from '../../src/router/query.ts';
import type {PublishRequest} from '../../src/router/router.ts';

const request: PublishRequest = {
  channel: 'room',
  identity: undefined,
  type: 1,
  qos: 1,
  timeoutMs: 0,
  payload: new Uint8Array(5),
  wantsReplies: false,
};

function preview(part: string, fates: Readonly<Partial<Record<PreviewFate, number>>>, count: number) {
  const place = {thread: 0, connection: 1, state: 'open.fresh', channels: ['room'], channelCount: 1};
  const counts = {silentMs: 0, inFlight: 0, queued: 0, inbound: 0, bufferedBytes: 0};
  const rows = Array.from(
    {length: count},
    (_, number): PreviewRow => ({...place, ...counts, identity: `${part} ${number}`, fate: 'transmitted'}),
  );
  const recipients = Object.values(fates).reduce((sum, one) => sum + one, 0);
  const answer: QueryResult = {kind: 'preview', recipients, fates, rows};
  return {part, answer};
}

test('what several parts say is added up, and the first thousand clients are listed', async (t) => {
  const answers = [
    preview('a', {transmitted: 600}, 600),
    preview('b', {transmitted: 500, queued: 100, refused: 1}, 600),
  ];
  const asked: unknown[] = [];
  const router = {
    ask: async (query: unknown): Promise<QueryResults> => {
      asked.push(query);
      return {answers, silent: 0};
    },
  };
  const found = await previewPublication(router, () => undefined, request);
  t.deepEqual(asked, [
    {kind: 'preview', publication: {channel: 'room', identity: undefined, audience: undefined, qos: 1, bytes: 5}},
  ]);
  t.is(found.recipients, 1_201);
  t.deepEqual(found.fates, {transmitted: 1_100, queued: 100, refused: 1});
  t.is(found.clients.length, 1_000);
  t.deepEqual([found.clients[0]?.identity, found.clients.at(-1)?.identity], ['a 0', 'b 399']);
});
