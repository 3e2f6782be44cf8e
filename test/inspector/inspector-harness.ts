// A small city of clients on a real daemon, with messages of every QoS both ways: what the inspector's page is looked at
// with. One client loses its first ACK, one lets its COM wait, one is never heard of again.

import {setInterval as every} from 'node:timers';
import {success} from '../support/business-server.ts';
import {type Daemon, type IniKeys, startDaemon} from '../support/gateway.ts';
import type {Lifetime} from '../support/lifetime.ts';
import {type Parsed, parse} from '../support/packets.ts';
import type {RawClient} from '../support/raw-client.ts';

/** Of every daemon of these tests. */
export const inspectorKey = 'inspector-key-of-this-test-only';

/** What makes a daemon serve the page. */
export const inspectorKeys: IniKeys = {inspector: 'on', inspector_key: inspectorKey};

const places = ['kitchen', 'garden', 'cellar', 'attic'] as const;
const things = ['lamp', 'door', 'phone', 'meter', 'valve', 'clock', 'scale', 'tablet', 'camera', 'radio'] as const;

/** The names of the clients; the first two lose and hold back packets. */
export const clientNames: readonly string[] = [
  'ann',
  'bob',
  ...places.flatMap((place) => things.map((thing) => `${place}-${thing}`)),
];

/** A daemon and its clients, `ann` and `bob` among them. */
export interface Harness {
  readonly daemon: Daemon;
  readonly clients: ReadonlyMap<string, RawClient>;
}

/** Starts the daemon, lets everybody in, and has them talk until `t` ends. */
export async function startTalkingClients(t: Lifetime, keys: IniKeys = {}): Promise<Harness> {
  const daemon = await startDaemon(t, {...inspectorKeys, retry_interval: 1, keep_alive: 10, ...keys});
  const {business} = daemon;
  business.always('connect', async (response, call) => {
    const name = call.header('X-DEVICEID') ?? '';
    const place = name.split('-')[0] ?? '';
    const channels = places.some((one) => one === place) ? `house;;${place}` : 'house;;people';
    await success({RAINBOWCLIENTCHANNEL: channels}, {identity: name})(response, call);
  });
  business.always('message', async (response) => {
    await pause(4 + Math.random() * 20);
    response.end('{"seen":true}');
  });
  const clients = new Map<string, RawClient>();
  for (const name of clientNames) {
    const client = await daemon.connect({headers: {'X-DEVICEID': name}});
    client.onPing = (payload) => client.sendFrame({opcode: 10, payload});
    client.onPacket = answerer(client, name);
    clients.set(name, client);
  }
  let count = 0;
  const timer = every(() => {
    count++;
    const {api} = daemon;
    const quietly = (sent: Promise<unknown>): void => void sent.catch(() => {});
    if (count % 2 === 0) quietly(api.send({channel: 'house', msgtype: 7, qos: 0}, `tick ${count}`));
    if (count % 5 === 0)
      quietly(api.send({channel: places[count % 4] ?? '', msgtype: 3, qos: 1}, `{"light":${count}}`));
    if (count % 7 === 0) quietly(api.send({channel: 'people', msgtype: 1, qos: 1}, `{"text":"tea, number ${count}?"}`));
    if (count % 11 === 0) quietly(api.send({channel: 'people', msgtype: 2, qos: 2}, `{"pay":${count}}`));
    const name = clientNames[(count * 7) % clientNames.length] ?? '';
    clients.get(name)?.sendMessage({
      qos: (count % 3) as 0 | 1 | 2,
      type: 9,
      id: (count % 60_000) + 1,
      payload: `{"degrees":${count % 30}}`,
    });
  }, 100);
  t.teardown(() => clearInterval(timer));
  return {daemon, clients};
}

/** What a client does with what comes: all that the protocol asks for, but for what its name says of it. */
function answerer(client: RawClient, name: string): (bytes: Buffer) => void {
  let heard = 0;
  return (bytes) => {
    const packet: Parsed = parse(bytes);
    const {command, qos, id, dup} = packet;
    if (command === 'send' && qos === 1) {
      heard++;
      const isDropped = name === 'ann' && !dup && heard % 3 === 1;
      if (!isDropped) void pause(8).then(() => client.sendAnswer('ack', id, '{"ok":true}'));
    } else if (command === 'send' && qos === 2)
      void pause(12).then(() => client.sendAnswer('rec', id, '{"paid":true}'));
    else if (command === 'rel') void pause(name === 'bob' ? 1_400 : 9).then(() => client.sendAnswer('com', id));
    else if (command === 'rec') void pause(6).then(() => client.sendAnswer('rel', id));
  };
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
