// A message to several channels, clients and users, or to everybody: each client gets it once, and is counted once, wherever
// it is. On one thread, on two, and on three nodes.

import test, {type ExecutionContext} from 'ava';
import type {Api} from '../support/api.ts';
import {type BusinessServer, type Script, success} from '../support/business-server.ts';
import {startCluster} from '../support/cluster.ts';
import {until} from '../support/deadline.ts';
import {start} from '../support/gateway.ts';
import {parse} from '../support/packets.ts';
import {acknowledgeAll, connect, type RawClient} from '../support/raw-client.ts';

interface Place {
  readonly business: BusinessServer;
  /** Of each node. */
  readonly apis: readonly Api[];
}

/** Who connects, by the header X-DEVICEID: in which channels, and as whose device. */
const devices: Readonly<Record<string, readonly [channels: string, user?: string | number]>> = {
  'ann-phone': ['lobby;;news', 'ann'],
  'ann-laptop': ['lobby', 'ann'],
  'ben-phone': ['news', 42],
  'ben,tv': ['attic', 42],
  kiosk: ['lobby'],
  idle: [''],
};

const admit: Script = async (response, call) => {
  const identity = call.header('X-DEVICEID') ?? '';
  const [channels = '', user] = devices[identity] ?? [];
  const headers = channels === '' ? {} : {RAINBOWCLIENTCHANNEL: channels};
  await success(headers, {identity, ...(user !== undefined && {user})})(response, call);
};

const expected: readonly (readonly [query: string, meant: readonly string[]])[] = [
  ['channel=lobby', ['ann-phone', 'ann-laptop', 'kiosk']],
  ['channel=lobby&channel=news', ['ann-phone', 'ann-laptop', 'ben-phone', 'kiosk']],
  ['user=ann', ['ann-phone', 'ann-laptop']],
  ['user=42', ['ben-phone', 'ben,tv']],
  ['user=ann&user=42&channel=lobby&except=kiosk', ['ann-phone', 'ann-laptop', 'ben-phone', 'ben,tv']],
  ['identity=kiosk&identity=idle&identity=unknown', ['kiosk', 'idle']],
  ['channel=news&identity=idle&identity=ben-phone', ['ann-phone', 'ben-phone', 'idle']],
  ['broadcast=1', Object.keys(devices)],
  ['broadcast=1&except=ann-phone,idle,unknown', ['ann-laptop', 'ben-phone', 'ben,tv', 'kiosk']],
  ['broadcast=1&except=ben,tv&except=kiosk', ['ann-phone', 'ann-laptop', 'ben-phone', 'idle']],
  ['channel=attic&channel=lobby&except=ben%2Ctv&except=ben%2Ctv', ['ann-phone', 'ann-laptop', 'kiosk']],
  ['user=unknown', []],
];

async function prove(t: ExecutionContext, {business, apis}: Place): Promise<void> {
  business.always('connect', admit);
  const got = new Map<string, string[]>();
  const clients = new Map<string, RawClient>();
  for (const [place, identity] of Object.keys(devices).entries()) {
    const client = await connect(t, (apis[place % apis.length] as Api).port, {headers: {'X-DEVICEID': identity}});
    const texts: string[] = [];
    acknowledgeAll(client, `by ${identity}`);
    const acknowledge = client.onPacket;
    client.onPacket = (bytes) => {
      const packet = parse(bytes);
      if (packet.command === 'send') texts.push(packet.payload.toString());
      acknowledge?.(bytes);
    };
    got.set(identity, texts);
    clients.set(identity, client);
  }
  const all: Record<string, string[]> = Object.fromEntries(Object.keys(devices).map((identity) => [identity, []]));
  for (const [place, [query, meant]] of expected.entries()) {
    for (const qos of [1, 2]) {
      const text = `${place} at ${qos}`;
      const api = apis[place % apis.length] as Api;
      const {json} = await api.call({path: `/send/?${query}`, query: {qos, timeout: 300, replies: 'all'}, body: text});
      t.like(json, {status: 0, connections: meant.length}, query);
      t.false('partial' in json, query);
      const replies = json.replies?.map(({data}) => data).toSorted();
      t.deepEqual(replies, meant.map((identity) => `by ${identity}`).toSorted(), query);
      for (const identity of meant) all[identity]?.push(text);
    }
  }
  t.deepEqual(Object.fromEntries(got), all);

  // Without confirmation: the last of them shows that no earlier one came twice.
  for (const query of ['user=ann&channel=news', 'broadcast=1']) {
    await (apis[0] as Api).call({path: `/send/?${query}`, query: {qos: 0}, body: query});
  }
  for (const [identity, texts] of got) {
    const known = all[identity]?.length ?? 0;
    await until(() => (texts.includes('broadcast=1') ? true : undefined), `the last message at ${identity}`);
    const isMeant = ['ann-phone', 'ann-laptop', 'ben-phone'].includes(identity);
    t.deepEqual(texts.slice(known), isMeant ? ['user=ann&channel=news', 'broadcast=1'] : ['broadcast=1'], identity);
  }

  // A device that has gone no longer belongs to its user.
  clients.get('ann-phone')?.reset();
  await business.take('close', 1);
  const {json} = await (apis[0] as Api).send({user: 'ann', qos: 1});
  t.like(json, {status: 0, connections: 1, data: 'by ann-laptop'});
  const dry = await (apis[0] as Api).send({broadcast: 1, except: 'kiosk', dry: 1});
  t.is((dry.json as {recipients?: number}).recipients, apis.length === 1 ? 4 : 1, 'a dry call is about this node');
}

for (const threads of [1, 2]) {
  test(`each client of an audience gets a message once, on ${threads} threads [RB-61]`, async (t) => {
    const {business, api} = await start(t, {threads});
    await prove(t, {business, apis: [api]});
  });
}

test('each client of an audience gets a message once, in a cluster of three nodes [RB-61]', async (t) => {
  const {business, nodes} = await startCluster(t, 3);
  await prove(t, {business, apis: nodes.map(({api}) => api)});
});
