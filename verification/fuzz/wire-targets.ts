// What comes from clients: packets and frames, upgrade requests, and whole sequences of them at the session actor.

import {type IncomingHttpHeaders, IncomingMessage} from 'node:http';
import {Socket} from 'node:net';
import {pino} from 'pino';
import {systemClock} from '../../src/core/clock.ts';
import type {SeededRandom} from '../../src/core/random-seeded.ts';
import {readHandshake} from '../../src/fronts/rainbow/handshake.ts';
import {OriginPolicy} from '../../src/fronts/rainbow/origin-policy.ts';
import {TrustedProxies} from '../../src/fronts/rainbow/trusted-proxies.ts';
import {HandshakeLog, noticesBytes} from '../../src/gateway/log/handshake-log.ts';
import {Reports, threadIntervalMs} from '../../src/gateway/log/reports.ts';
import {framePacket, unframe} from '../../src/protocol/frame.ts';
import {generatePacket, type Packet, packetBytes, parsePacket} from '../../src/protocol/packet.ts';
import {packet} from '../../test/support/packets.ts';
import {type Client, type SimulatedGateway, simulateGateway} from '../../test/support/simulated-gateway.ts';
import {bendBytes, bendText, happens, pick, randomText} from './mutation.ts';
import {defineTarget, expect, type Target} from './target.ts';

const packetSamples = [
  '1000016869',
  '100000',
  '12000100026869',
  '1a000100026869',
  '14fffffffe',
  '1cfffffffe61',
  '2000026f6b',
  '3000076f6b',
  '400007',
  '500007',
].map((hex) => new Uint8Array(Buffer.from(hex, 'hex')));

const packets: Target = defineTarget({
  name: 'packet',
  weight: 40,
  make: (random) => bendBytes(random, packetSamples, 300),
  judge(bytes) {
    const packet = parsePacket(bytes);
    if (packet.kind === 'fault') return `fault ${packet.reason}`;
    const written = generatePacket(packet);
    expect(written.length === packetBytes(packet), 'as many bytes as were announced');
    expect(isSame(parsePacket(written), packet), 'what is written to be read as the same packet');
    return packet.kind === 'send' ? `send qos ${packet.qos}` : packet.kind;
  },
});

const frames: Target = defineTarget({
  name: 'frame',
  weight: 10,
  make(random) {
    const packet = parsePacket(bendBytes(random, packetSamples, 300));
    if (packet.kind !== 'send') return packet;
    // Around the lengths at which the header changes.
    const length = pick(random, [0, 1, 119, 120, 121, 122, 123, 126, 300, 65_529, 65_530, 65_531, 65_533, 65_536]);
    return {...packet, payload: new Uint8Array(length).fill(random.integer(0, 255))};
  },
  judge(packet) {
    if (packet.kind === 'fault') return 'no packet';
    const frame = framePacket(packet);
    const body = unframe(frame);
    expect(Buffer.compare(body, generatePacket(packet)) === 0, 'a frame to hold its packet');
    const headerBytes = frame.length - body.length;
    expect(headerBytes === (body.length < 126 ? 2 : body.length < 65_536 ? 4 : 10), 'the shortest header');
    return `header of ${headerBytes} bytes`;
  },
});

function isSame(left: ReturnType<typeof parsePacket>, right: Packet): boolean {
  if (left.kind !== right.kind || left.id !== right.id) return false;
  if (left.kind === 'send' && right.kind === 'send') {
    const isLike = left.qos === right.qos && left.isDup === right.isDup && left.type === right.type;
    return isLike && Buffer.compare(left.payload, right.payload) === 0;
  }
  if ('reply' in left && 'reply' in right) return Buffer.compare(left.reply, right.reply) === 0;
  return true;
}

/** An upgrade request before it is an IncomingMessage, so that a report can show it. */
interface UpgradeRequest {
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: readonly string[];
  readonly requireDevice: boolean;
}

const urlSamples = [
  '/connect/',
  '/connect/?name=ann&X-DEVICEID=8&X-CLIENT-OS=web',
  '/connect?x_deviceid=1&x_client_os=%E2%82%AC',
  '/connect/?RAINBOWCLIENTIDENTITY=me&Cookie=a&a+b=c',
  '/connect/?a=1&a=2&%zz=%zz&=&&host=x',
  '/other/',
  '*',
];
const headerSamples = [
  'Connection',
  'Cookie',
  'X-DEVICEID',
  'x_deviceid',
  'X-CLIENT-OS',
  'RAINBOWCLIENTIDENTITY',
  'rainbow-client_cookie',
  'Sec-WebSocket-Protocol',
  'Content-Length',
  '__proto__',
  'X-Forwarded-For',
  'Forwarded',
  'Origin',
];
const socket = new Socket();
const handshakeRules = {
  origins: new OriginPolicy(['self', 'https://*.app.example']),
  proxies: new TrustedProxies(['loopback']),
  notices: new HandshakeLog(
    new Reports(systemClock, threadIntervalMs, () => {}),
    pino({level: 'silent'}),
    new SharedArrayBuffer(noticesBytes),
  ),
};

const handshakes: Target = defineTarget({
  name: 'handshake',
  weight: 6,
  make(random): UpgradeRequest {
    const rawHeaders = [
      ...(happens(random, 0.95) ? ['Host', bendRarely(random, 'gateway.test:1984')] : []),
      ...(happens(random, 0.95) ? ['Connection', bendRarely(random, 'Upgrade')] : []),
      ...(happens(random, 0.9) ? ['Upgrade', bendRarely(random, 'websocket')] : []),
      ...(happens(random, 0.9) ? ['Sec-WebSocket-Key', bendRarely(random, 'dGhlIHNhbXBsZSBub25jZQ==')] : []),
      ...(happens(random, 0.9) ? ['Sec-WebSocket-Version', bendRarely(random, '13')] : []),
    ];
    for (let count = random.integer(0, 8); count > 0; count--) {
      rawHeaders.push(bendText(random, headerSamples, 80), randomText(random, 60));
    }
    return {
      method: bendRarely(random, 'GET'),
      url: happens(random, 0.5) ? pick(random, urlSamples) : bendText(random, urlSamples, 400),
      rawHeaders,
      requireDevice: happens(random, 0.5),
    };
  },
  judge({method, url, rawHeaders, requireDevice}) {
    const request = new IncomingMessage(socket);
    request.method = method;
    request.url = url;
    request.httpVersion = '1.1';
    request.rawHeaders = [...rawHeaders];
    request.headers = joinHeaders(rawHeaders);
    const reading = readHandshake(request, {...handshakeRules, requireDevice});
    if (reading.kind === 'refused') return `refused ${reading.refusal.code}`;
    const {headers} = reading;
    expect(headers.length % 2 === 0, 'names and values in turn');
    for (let place = 0; place < headers.length; place += 2) {
      const name = (headers[place] ?? '').toLowerCase();
      const isOurs = /^rainbowclient(address|origin)$/.test(name) && headers.indexOf(headers[place] ?? '') === place;
      expect(
        isOurs || !name.replaceAll(/[^a-z0-9]/g, '').startsWith('rainbow'),
        'no header that the gateway sets itself',
      );
      expect(name !== 'host' && !name.startsWith('sec-websocket-'), 'no header of the upgrade');
    }
    return 'accepted';
  },
});

/** As node:http has them beside the raw ones. */
function joinHeaders(rawHeaders: readonly string[]): IncomingHttpHeaders {
  const headers: IncomingHttpHeaders = {};
  for (let place = 0; place + 1 < rawHeaders.length; place += 2) {
    const name = (rawHeaders[place] ?? '').toLowerCase();
    const value = rawHeaders[place + 1] ?? '';
    const known = headers[name];
    headers[name] = typeof known === 'string' ? `${known}, ${value}` : value;
  }
  return headers;
}

function bendRarely(random: SeededRandom, text: string): string {
  return happens(random, 0.1) ? bendText(random, [text], 100) : text;
}

/** What may happen to a connection besides a packet. */
const happenings = ['accept', 'fail', 'publish qos 1', 'publish qos 2', 'time', 'drained', 'stop', 'gone'] as const;

type Happening = Uint8Array | (typeof happenings)[number];

/** The life of one client, from its admission on. */
function judgeLife(life: readonly Happening[]): string {
  const kit = simulateGateway({window: 4, queue: 4});
  const client = kit.connect('room');
  for (const happening of life) {
    const isClosed = client.link.events.some((event) => event.startsWith('close'));
    const sentBefore = client.link.sent.length;
    if (typeof happening === 'string') happen(kit, client, happening);
    else client.tell(parsePacket(happening));
    expect(kit.failures.length === 0, `no actor to fail, got ${kit.failures.join()}`);
    expect(!isClosed || client.link.sent.length === sentBefore, 'nothing to be sent after a close frame');
  }
  const {sent, events} = client.link;
  for (const written of sent) expect(parsePacket(packet(written)).kind !== 'fault', 'only packets to be sent');
  const closes = events.filter((event) => event.startsWith('close'));
  expect(closes.length <= 1, `one close frame at most, got ${closes.join()}`);
  return closes[0] ?? (sent.length === 0 ? 'silent' : 'answered');
}

function happen(kit: SimulatedGateway, client: Client, happening: (typeof happenings)[number]): void {
  const {transport} = kit;
  const isCalled = transport.calls.some(({kind}) => kind === 'message');
  switch (happening) {
    case 'accept':
      if (isCalled) transport.accept('message', {text: 'ok'});
      break;
    case 'fail':
      if (isCalled) transport.fail('message');
      break;
    case 'publish qos 1':
    case 'publish qos 2':
      void kit.publish({qos: happening === 'publish qos 1' ? 1 : 2, timeoutMs: 5_000});
      break;
    case 'time':
      kit.advance(1_500);
      break;
    case 'drained':
      client.tell({kind: 'drained'});
      break;
    case 'stop':
      client.tell({kind: 'stopping'});
      break;
    case 'gone':
      client.tell({kind: 'socketClosed'});
      break;
  }
  kit.run();
}

/** Small ids, so that flows are met again. */
const flowSamples = [1, 2, 3].flatMap((id) =>
  ['120001000', '1a0001000', '140001000', '1c0001000', '20000', '30000', '40000', '50000'].map(
    (head) => new Uint8Array(Buffer.from(`${head}${id}`, 'hex')),
  ),
);

const connections: Target = defineTarget({
  name: 'connection',
  weight: 2,
  make(random) {
    const life: Happening[] = [];
    for (let count = random.integer(1, 40); count > 0; count--) life.push(makeHappening(random));
    return life;
  },
  judge: judgeLife,
});

function makeHappening(random: SeededRandom): Happening {
  if (happens(random, 0.6))
    return happens(random, 0.8) ? pick(random, flowSamples) : bendBytes(random, flowSamples, 60);
  // Most lives go on to their last packet.
  return happens(random, 0.03) ? pick(random, ['stop', 'gone']) : pick(random, happenings.slice(0, 6));
}

export const wireTargets: readonly Target[] = [packets, frames, handshakes, connections];
