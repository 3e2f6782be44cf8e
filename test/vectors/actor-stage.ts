// A stage on the session actor itself, under the simulated clock: the one that shows the states of its charts.

import type {Stage, StageCall, StageResult} from '../../src/cli/conformance/stage.ts';
import type {Publishing, States} from '../../src/cli/conformance/vectors.ts';
import {connection} from '../../src/machines/connection.ts';
import {inboundQos1, inboundQos2} from '../../src/machines/inbound-delivery.ts';
import {outboundQos1, outboundQos2} from '../../src/machines/outbound-delivery.ts';
import {parsePacket, textFault} from '../../src/protocol/packet.ts';
import {packet, parse} from '../support/packets.ts';
import {observeSteps} from '../support/silent-observer.ts';
import {type Client, type SimulatedGateway, simulateGateway} from '../support/simulated-gateway.ts';

const retryIntervalMs = 3_000;
const room = 'room';
const charts = new Map(
  [connection, outboundQos1, outboundQos2, inboundQos1, inboundQos2].map((chart) => [chart.machine.id, chart]),
);

export class ActorStage implements Stage {
  readonly isTimed = false;
  readonly kit: SimulatedGateway;
  readonly client: Client;
  readonly #results = new Map<string, {result: StageResult | undefined; dueMs: number}>();
  /** Names of states by chart and id, as `inboundQos2 0007`. */
  readonly #states = new Map<string, string>();
  /** The charts of deliveries that have a state but, until their SEND goes out, no id. */
  readonly #unnamed: {chart: string; state: string}[] = [];
  #taken = 0;

  constructor() {
    this.kit = simulateGateway({retryIntervalMs});
    this.kit.context.observation.observer = observeSteps((table, flow, cell) =>
      this.#observe(table.machine.id, flow, table.next[cell] as number),
    );
    this.client = this.kit.connect(room);
    this.client.link.onSend = (written) => this.#name(written);
  }

  send(bytes: Uint8Array): void {
    this.client.tell(parsePacket(bytes));
  }

  sendText(): void {
    this.client.tell(textFault);
  }

  async message(after?: 'retry'): Promise<Uint8Array> {
    if (after === 'retry' && this.client.link.sent.length === 0) this.kit.advance(retryIntervalMs);
    const written = this.client.link.sent.shift();
    if (written === undefined) throw new Error('expected a message of the server, got none');
    return packet(written);
  }

  async call(): Promise<StageCall> {
    const call = this.kit.transport.calls.filter(({kind}) => kind === 'message')[this.#taken];
    if (call?.kind !== 'message') throw new Error('expected a message call, got none');
    this.#taken++;
    const {type, payload, message} = call;
    return {type, payload, message};
  }

  async answer(status: number, body: Uint8Array): Promise<void> {
    if (status >= 200 && status < 300) this.kit.transport.accept('message', {body});
    else this.kit.transport.fail('message');
    this.#taken--;
    this.kit.run();
  }

  async publish({qos, type, payload, timeout = 10}: Publishing, name: string): Promise<void> {
    const entry: {result: StageResult | undefined; dueMs: number} = {result: undefined, dueMs: timeout * 1_000};
    this.#results.set(name, entry);
    const bytes = Buffer.from(payload.replaceAll(' ', ''), 'hex');
    const outcome = this.kit.publish({channel: room, qos, type, payload: bytes, timeoutMs: entry.dueMs});
    void outcome.then(({connections, lastReply, isTimedOut}) => {
      entry.result = {connections, data: Buffer.from(lastReply ?? []).toString(), isTimedOut};
    });
  }

  async result(name: string): Promise<StageResult> {
    const entry = this.#results.get(name);
    if (entry === undefined) throw new Error(`expected a publication ${name}, got none`);
    await settled();
    if (entry.result === undefined) {
      this.kit.advance(entry.dueMs);
      await settled();
    }
    if (entry.result === undefined) throw new Error(`expected an answer to publication ${name}, got none`);
    return entry.result;
  }

  async leftovers(): Promise<readonly string[]> {
    this.kit.run();
    const calls = this.kit.transport.calls.filter(({kind}) => kind === 'message').slice(this.#taken);
    const closes = this.client.link.events.filter((event) => event.startsWith('close'));
    const sent = this.client.link.take().map((written) => packet(written).toString('hex'));
    return [...sent, ...closes, ...calls.map(({kind}) => `a ${kind} call`)];
  }

  // As the edge does: ws answers the close frame by itself, then reports that the socket has gone.
  leave(): void {
    this.client.tell({kind: 'socketClosed'});
  }

  async closed(): Promise<number> {
    const event = this.client.link.events.find((text) => text.startsWith('close'));
    return event === undefined ? 1000 : Number(event.split(' ')[1]);
  }

  async closeCall(): Promise<void> {
    this.kit.transport.accept('close');
    this.kit.run();
    if (this.kit.context.alive.size > 0) throw new Error('expected the connection to have ended with its close call');
  }

  compareStates(states: States): readonly string[] {
    return Object.entries(states).flatMap(([flow, state]) => {
      const got = this.#states.get(flow) ?? 'none';
      return got === state ? [] : [`expected ${flow} to be ${state}, got ${got}`];
    });
  }

  #observe(chart: string, flow: number, to: number): void {
    const state = charts.get(chart)?.vocabulary.states[to] ?? '';
    if (chart === 'connection') return;
    // A SEND under a known id without DUP: the chart that is left is no longer what the id means.
    if (state === 'replaced') return;
    if (chart.startsWith('outbound') && flow === 0) this.#unnamed.push({chart, state});
    else this.#states.set(flowName(chart, flow), state);
  }

  #name(written: string): void {
    const {command, qos, dup, id} = parse(written);
    const isFirstSend = command === 'send' && qos > 0 && !dup;
    const unnamed = isFirstSend ? this.#unnamed.shift() : undefined;
    if (unnamed !== undefined) this.#states.set(flowName(unnamed.chart, id), unnamed.state);
  }
}

function flowName(chart: string, id: number): string {
  return `${chart} ${id.toString(16).padStart(4, '0')}`;
}

/** Lets promises that are settled be noticed. */
async function settled(): Promise<void> {
  await new Promise((resolve) => {
    setImmediate(resolve);
  });
}
