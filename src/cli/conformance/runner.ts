// Plays all vectors against a server: packets one after the other on a few connections, scenarios each on a connection of
// its own. The server under test is never trusted to answer: every wait has a bound.

import {callGateway} from '../../business/gateway-call.ts';
import {apiPaths} from '../../protocol/api.ts';
import {type SignatureParameters, verify} from '../../protocol/signature.ts';
import {readAnswer} from '../answer.ts';
import {fillTemplate, matchTemplate, spellBytes} from './hex-template.ts';
import {playScenario} from './player.ts';
import {type ServerUnderTest, SocketStage} from './socket-stage.ts';
import type {PacketVector, Scenario, Vectors} from './vectors.ts';

export type VectorKind = 'packets' | 'exchanges' | 'stories';

/** One vector that the server does not meet. */
export interface VectorFailure {
  readonly kind: VectorKind;
  readonly name: string;
  readonly reason: string;
}

/** The outcome of a run. */
export interface ConformanceReport {
  /** Vectors played, by kind. */
  readonly played: Readonly<Record<VectorKind, number>>;
  readonly failures: readonly VectorFailure[];
}

/** Connections at a time. */
const lanesOfPackets = 4;
const lanesOfScenarios = 16;
/** For one call of the HTTP API. */
const apiTimeoutMs = 5_000;
/** Failures in one lane after which the rest of its packets is not played any more: the server is another kind of one. */
const failuresMax = 25;

/** Plays `vectors`; rejects only where no connection can be had at all, or where the token is another one. */
export async function runConformance(server: ServerUnderTest, vectors: Vectors): Promise<ConformanceReport> {
  const failures: VectorFailure[] = [];
  // One first, alone: where it is refused, so would all others be.
  (await SocketStage.open(server, 'conformance-0')).end();
  await proveToken(server);
  let device = 0;
  const nextDevice = (): string => `conformance-${++device}`;

  await inLanes(lanesOfPackets, vectors.packets, async (packets) => {
    failures.push(...(await playPackets(server, nextDevice, packets)));
  });
  for (const kind of ['exchanges', 'stories'] as const) {
    await inLanes(lanesOfScenarios, vectors[kind], async (scenarios) => {
      for (const scenario of scenarios) {
        const reason = await playOne(server, nextDevice(), scenario);
        if (reason !== undefined) failures.push({kind, name: scenario.name, reason});
      }
    });
  }
  const {packets, exchanges, stories} = vectors;
  return {
    played: {packets: packets.length, exchanges: exchanges.length, stories: stories.length},
    failures,
  };
}

/**
 * Throws where the server has another token than ours, in either direction: every vector that calls the API would fail by
 * its deadline, and none could name the cause.
 */
async function proveToken({api, business, clock}: ServerUnderTest): Promise<void> {
  const {credentials} = api;
  const query = business.connectQuery;
  if (credentials.kind !== 'token' || query === undefined) return;
  const signature = Object.fromEntries(query) as Partial<SignatureParameters>;
  const verdict = verify(credentials.token, signature, clock.wallNow());
  if (verdict === 'expired') throw new Error("the server's clock differs from this machine's by 10 s or more");
  if (verdict === 'invalid') throw new Error('the server signs its calls with another token than that of --token');
  const body = JSON.stringify({identity: 'conformance-0', channel: 'conformance-0'});
  const request = {method: 'POST', path: apiPaths.unsubscribe, body, timeoutMs: apiTimeoutMs} as const;
  const read = readAnswer(await callGateway(api, request));
  if (read.kind === 'none') throw new Error(`the HTTP API at ${api.url} does not answer: ${read.why}`);
  if (read.answer.msg === 'signature error') {
    throw new Error('the server refuses calls that are signed with the token of --token');
  }
}

/** Deals `items` out to lanes that run side by side. */
async function inLanes<Item>(
  lanes: number,
  items: readonly Item[],
  run: (items: readonly Item[]) => Promise<void>,
): Promise<void> {
  const dealt = Array.from({length: lanes}, (_, lane) => items.filter((_item, place) => place % lanes === lane));
  await Promise.all(dealt.map(run));
}

async function playOne(server: ServerUnderTest, device: string, scenario: Scenario): Promise<string | undefined> {
  let stage: SocketStage | undefined;
  try {
    stage = await SocketStage.open(server, device);
    await playScenario(scenario, stage);
    return undefined;
  } catch (error) {
    return reasonOf(error);
  } finally {
    stage?.end();
  }
}

async function playPackets(
  server: ServerUnderTest,
  nextDevice: () => string,
  packets: readonly PacketVector[],
): Promise<VectorFailure[]> {
  const failures: VectorFailure[] = [];
  let stage: SocketStage | undefined;
  for (const [place, vector] of packets.entries()) {
    if (failures.length >= failuresMax) {
      failures.push({kind: 'packets', name: vector.name, reason: 'not played, since so many before it failed'});
      break;
    }
    try {
      stage ??= await SocketStage.open(server, nextDevice());
      await playPacket(vector, stage);
      // An unexpected packet is noticed with the next vector at the latest. The last vector has no next one, and a vector
      // with a call has no fence.
      if (vector.call !== undefined || place === packets.length - 1) await expectNothingMore(stage);
    } catch (error) {
      failures.push({kind: 'packets', name: vector.name, reason: reasonOf(error)});
      stage?.end();
      // What is left of this one must not be taken for the next one's.
      stage = undefined;
    }
  }
  stage?.end();
  return failures;
}

async function playPacket(vector: PacketVector, stage: SocketStage): Promise<void> {
  const bytes = fillTemplate(vector.in, new Map());
  if (vector.call === undefined) {
    expectExactly(vector.out, await stage.exchange(bytes));
    return;
  }
  stage.send(bytes);
  const call = await stage.call();
  if (call.type !== vector.call.type || !matchTemplate(vector.call.payload, call.payload, new Map())) {
    throw new Error(
      `expected a call of type ${vector.call.type} with ${vector.call.payload || 'no payload'}, got another`,
    );
  }
  await stage.answer(200, new Uint8Array(0));
  const sent: Uint8Array[] = [];
  for (const _expected of vector.out) sent.push(await stage.message());
  expectExactly(vector.out, sent);
  if (vector.reads?.kind !== 'send' || vector.reads.qos !== 2) return;
  const [high, low] = [vector.reads.id >> 8, vector.reads.id & 0xff];
  const released = await stage.exchange(Uint8Array.of(0x40, high, low));
  expectExactly([Buffer.of(0x50, high, low).toString('hex')], released);
}

async function expectNothingMore(stage: SocketStage): Promise<void> {
  const leftovers = await stage.leftovers();
  if (leftovers.length > 0) throw new Error(`expected nothing more from the server, got ${leftovers.join(', ')}`);
}

function expectExactly(expected: readonly string[], got: readonly Uint8Array[]): void {
  const isSame =
    expected.length === got.length &&
    expected.every((template, place) => matchTemplate(template, got[place] as Uint8Array, new Map()));
  if (isSame) return;
  throw new Error(
    `expected ${expected.join(', ') || 'nothing'} from the server, got ${got.map(spellBytes).join(', ') || 'nothing'}`,
  );
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
