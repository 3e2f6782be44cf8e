// What can happen to a connection, as commands for fast-check: each is done to the model and to the real actors, and then
// everything that shows outside must be the same: packets, close frames, calls, answers to publications.

import type fc from 'fast-check';
import {generatePacket, messageIdMax, type Qos} from '../../src/protocol/packet.ts';
import {packetText} from '../../src/story/reading.ts';
import {
  type Client,
  type SimulatedGateway,
  type SimulatedSettings,
  simulateGateway,
} from '../../test/support/simulated-gateway.ts';
import type {Tape} from '../../test/support/tape.ts';
import {type ConnectionModel, modelQueue, modelWindow} from './connection-model.ts';
import type {ModelOutcome} from './outbound-model.ts';

/** The actors, and what they have shown. */
export class Real {
  readonly kit: SimulatedGateway;
  client: Client;
  readonly outcomes = new Map<number, ModelOutcome>();
  publications = 0;
  /** RAINBOWMESSAGEIDs in the order of their first calls. */
  readonly messages: string[] = [];

  /** `settings` are what makes actors differ from the model, and `tape` records what they do. */
  constructor(settings: Partial<SimulatedSettings> = {}, tape?: Tape) {
    // Heartbeats have their own tests: here silence never lasts long enough. What is recorded is kept to the end.
    const own = {window: modelWindow, queue: modelQueue, keepAliveMs: 1e9, traceKeepMs: Number.POSITIVE_INFINITY};
    this.kit = simulateGateway({...own, ...settings});
    tape?.watch(this.kit.context);
    this.client = this.kit.connect('room');
    this.client.link.events.length = 0;
  }
}

export type Connection = fc.AsyncCommand<ConnectionModel, Real>;

/** One thing that happens: to the model by `act`, to the actors by `perform`. */
class Happening implements Connection {
  readonly #name: string;
  readonly #act: (model: ConnectionModel) => void;
  readonly #perform: (real: Real, model: ConnectionModel) => void;
  readonly #mayHappen: (model: ConnectionModel) => boolean;

  constructor(
    name: string,
    act: (model: ConnectionModel) => void,
    perform: (real: Real, model: ConnectionModel) => void,
    mayHappen: (model: ConnectionModel) => boolean = () => true,
  ) {
    this.#name = name;
    this.#act = act;
    this.#perform = perform;
    this.#mayHappen = mayHappen;
  }

  check(model: ConnectionModel): boolean {
    return this.#mayHappen(model);
  }

  async run(model: ConnectionModel, real: Real): Promise<void> {
    // The actors first: their events follow from the model as it was.
    this.#perform(real, model);
    real.kit.run();
    this.#act(model);
    await compare(model, real);
  }

  toString(): string {
    return this.#name;
  }
}

async function compare(model: ConnectionModel, {kit, client, outcomes}: Real): Promise<void> {
  // Answers to publications come by promises.
  for (let step = 0; step < 8; step++) await Promise.resolve();
  const {link} = client;
  expectSame({sent: link.take(), events: link.events.splice(0)}, {sent: model.sent, events: model.events});
  model.sent = [];
  model.events = [];
  expectSame(Object.fromEntries(outcomes), Object.fromEntries(model.outcomes));
  const calls = kit.transport.calls.map((call) =>
    call.kind === 'message' ? `${call.type} ${Buffer.from(call.payload).toString('latin1')}` : call.kind,
  );
  const {call} = model.inbound;
  const expected = call === undefined ? [] : [`${call.type} ${call.payload}`];
  expectSame(calls, model.isCloseCallDue ? ['close'] : expected);
  expectSame(kit.failures, []);
}

// Thrown, for fast-check to shrink; AVA would count a failed assertion on every try.
function expectSame(actual: unknown, expected: unknown): void {
  const [got, wanted] = [JSON.stringify(actual), JSON.stringify(expected)];
  if (got !== wanted) throw new Error(`Expected ${wanted}, got ${got}`);
}

export function clientSends(qos: Qos, id: number, isDup: boolean, type: number, payload: string): Connection {
  const bytes = generatePacket({kind: 'send', qos, id, isDup, type, payload: Buffer.from(payload)});
  return new Happening(
    `client: ${packetText({kind: 'send', qos, id, isDup})} type ${type} "${payload}"`,
    (model) => {
      if (model.hear()) model.inbound.receive({qos, id, isDup: isDup && qos > 0, type, payload});
    },
    (real) => real.client.receive(Buffer.from(bytes).toString('hex')),
  );
}

export function clientAcknowledges(kind: 'ack' | 'rec', pick: number, reply: string): Connection {
  return new Happening(
    `client: ${kind.toUpperCase()} of message ${pick} "${reply}"`,
    (model) => {
      if (model.hear()) model.outbound.acknowledge(kind, idOf(model, pick), reply);
    },
    (real, model) => receive(real, generatePacket({kind, id: idOf(model, pick), reply: Buffer.from(reply)})),
  );
}

export function clientCompletes(pick: number): Connection {
  return new Happening(
    `client: COM of message ${pick}`,
    (model) => {
      if (model.hear()) model.outbound.complete(idOf(model, pick));
    },
    (real, model) => receive(real, generatePacket({kind: 'com', id: idOf(model, pick)})),
  );
}

export function clientReleases(id: number): Connection {
  return new Happening(
    `client: REL ${id}`,
    (model) => {
      if (model.hear()) model.inbound.release(id);
    },
    (real) => receive(real, generatePacket({kind: 'rel', id})),
  );
}

export function clientSendsJunk(hex: string): Connection {
  return new Happening(
    `client: junk ${hex}`,
    (model) => void model.hear(),
    (real) => real.client.receive(hex),
  );
}

export function businessAnswers(reply: string | undefined): Connection {
  return new Happening(
    `business server: ${reply === undefined ? 'fails' : `"${reply}"`}`,
    (model) => model.inbound.answered(reply),
    ({kit, messages}, model) => {
      const number = model.inbound.call?.message ?? -1;
      const call = reply === undefined ? kit.transport.fail('message') : kit.transport.accept('message', {text: reply});
      const id = call.kind === 'message' ? call.message : '';
      // One id for one message, while it is the same message. [RB-63]
      const known = messages[number];
      if (known === undefined && messages.includes(id)) throw new Error(`Expected a new message id, got ${id} again`);
      messages[number] ??= id;
      expectSame(id, messages[number]);
    },
    (model) => model.inbound.call !== undefined,
  );
}

export function publish(qos: Qos, timeoutMs: number, payload: string): Connection {
  return new Happening(
    `caller: publishes "${payload}" at QoS ${qos} within ${timeoutMs} ms`,
    (model) => model.publish(qos, timeoutMs, Buffer.from(payload)),
    (real) => {
      const number = real.publications++;
      const told = real.kit.publish({qos, timeoutMs, payload: Buffer.from(payload)});
      void told.then(({connections, isTimedOut, refused, lastReply}) => {
        const reply = lastReply === undefined ? undefined : Buffer.from(lastReply).toString();
        return real.outcomes.set(number, {connections, isTimedOut, refused, lastReply: reply});
      });
    },
  );
}

/** Others use up the message ids, until the counter stands a little before an id that is in flight here. */
export function idsGoRound(before: number): Connection {
  const count = messageIdMax - before;
  return new Happening(
    `others: ${count} messages`,
    (model) => {
      model.outbound.messageId = ((model.outbound.messageId + count - 1) % messageIdMax) + 1;
    },
    ({kit}) => {
      for (let given = 0; given < count; given++) kit.context.sequences.nextMessageId();
    },
  );
}

export function subscribe(isMember: boolean): Connection {
  return new Happening(
    `caller: ${isMember ? 'subscribes' : 'unsubscribes'} the client`,
    (model) => {
      if (model.phase === 'open') model.isMember = isMember;
    },
    ({kit, client}) => {
      const subscription = {identity: client.actor.name, channel: 'room'};
      void (isMember ? kit.router.subscribe({...subscription, occupy: false}) : kit.router.unsubscribe(subscription));
    },
  );
}

export function congest(isCongested: boolean): Connection {
  return new Happening(
    `client: ${isCongested ? 'stops reading' : 'reads on'}`,
    (model) => {
      model.isCongested = isCongested;
      if (!isCongested && model.phase === 'open') model.outbound.pump();
    },
    ({client}) => {
      client.link.bufferedBytes = isCongested ? 10_001 : 0;
      if (!isCongested) client.tell({kind: 'drained'});
    },
  );
}

export function advance(ms: number): Connection {
  return new Happening(
    `${ms} ms pass`,
    (model) => model.advance(ms),
    ({kit}) => kit.advance(ms),
  );
}

export function end(how: 'close 1001' | 'goodbye' | 'socketClosed'): Connection {
  const kind = how === 'close 1001' ? 'stopping' : how === 'goodbye' ? 'closing' : 'socketClosed';
  return new Happening(
    `the end: ${kind}`,
    (model) => model.end(how),
    ({client}) => client.tell({kind}),
  );
}

/** The close call is answered, and the client comes back. */
export function comeBack(): Connection {
  return new Happening(
    'the client comes back',
    (model) => model.connect(),
    (real) => {
      real.kit.transport.accept('close');
      real.kit.run();
      real.client = real.kit.connect('room');
    },
    (model) => model.isCloseCallDue,
  );
}

/** One of those in flight, or some other id. */
function idOf(model: ConnectionModel, pick: number): number {
  const {inFlight} = model.outbound;
  return inFlight[pick % (inFlight.length + 1)] ?? 60_000 + pick;
}

function receive(real: Real, bytes: Uint8Array): void {
  real.client.receive(Buffer.from(bytes).toString('hex'));
}
