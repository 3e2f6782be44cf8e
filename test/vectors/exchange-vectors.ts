// The exchange vectors: each packet of a client in each state of a flow. What must come of it is written here by hand, after
// the rules of docs/delivery.md and the tables of docs/protocol.md section 4; nothing of it is computed by the gateway.

import type {Scenario, Step} from '../../src/cli/conformance/vectors.ts';

/** A state of a flow: the steps that lead there, and its name. */
interface Situation {
  readonly state: string;
  readonly steps: readonly Step[];
}

/** What one packet leads to in one state. */
interface Outcome {
  readonly steps: readonly Step[];
  readonly after: string;
  readonly rules: readonly string[];
}

const client = (text: string): Step => ({client: text});
const server = (text: string): Step => ({server: text});
const answered = (body: string): Step => ({answer: {status: 200, body}});
const failed: Step = {answer: {status: 500}};
/** A call of the flow under test; the same `message` is the same RAINBOWMESSAGEID. */
const call = (message: string): Step => ({call: {type: 1, payload: '61', message}});

/** Every exchange vector, in the order of the file. */
export function makeExchangeVectors(): Scenario[] {
  return [...inbound(2), ...inbound(1), ...outbound(1), ...outbound(2)];
}

// Up. The client's id is 7; payload "a"; replies "ok", "new" and "other".

const reply = '6f6b';
const freshReply = '6e6577';
const otherReply = '6f74686572';

function* inbound(qos: 1 | 2): Generator<Scenario> {
  const chart = `inboundQos${qos} 0007`;
  for (const situation of inboundSituations(qos)) {
    for (const [packet, text] of Object.entries(inboundPackets(qos))) {
      const outcome = inboundOutcome(qos, situation.state, packet);
      yield {
        name: `up, QoS ${qos}, ${situation.state}: ${packet}`,
        rules: outcome.rules,
        before: {[chart]: situation.state},
        after: {[chart]: outcome.after},
        steps: [...situation.steps, {states: {[chart]: situation.state}}, client(text), ...outcome.steps],
      };
    }
  }
}

function inboundSituations(qos: 1 | 2): Situation[] {
  const send = client(qos === 1 ? '12 0001 0007 61' : '14 0001 0007 61');
  const running = [send, call('first')];
  const owned = [...running, answered(reply), server(`${qos === 1 ? '20' : '30'} 0007 ${reply}`)];
  const situations = [
    {state: 'none', steps: []},
    {state: 'awaitingAnswer', steps: running},
    {state: 'unanswered', steps: [...running, failed, {quiet: true} as const]},
  ];
  if (qos === 1) return [...situations, {state: 'acknowledged', steps: owned}];
  return [
    ...situations,
    {state: 'awaitingRel', steps: owned},
    {state: 'released', steps: [...owned, client('40 0007'), server('50 0007')]},
  ];
}

function inboundPackets(qos: 1 | 2): Record<string, string> {
  return {
    SEND: qos === 1 ? '12 0001 0007 61' : '14 0001 0007 61',
    'SEND dup': qos === 1 ? '1a 0001 0007 61' : '1c 0001 0007 61',
    'SEND of the other QoS': qos === 1 ? '14 0001 0007 61' : '12 0001 0007 61',
    REL: '40 0007',
    'REL of another id': '40 0008',
    ACK: '20 0007',
    REC: '30 0007',
    COM: '50 0007',
    'command 15': 'f0 0007',
    'an empty message': '',
  };
}

function inboundOutcome(qos: 1 | 2, state: string, packet: string): Outcome {
  // A call that runs is answered at the end, so that it is seen what it was answered for.
  const isRunning = state === 'awaitingAnswer';
  const owned = qos === 1 ? 'acknowledged' : 'awaitingRel';
  const end = isRunning ? [answered(reply), server(`${qos === 1 ? '20' : '30'} 0007 ${reply}`)] : [];
  const later = isRunning ? owned : state;
  const unchanged = (rules: readonly string[], ...steps: Step[]): Outcome => ({
    steps: [...steps, ...end],
    after: later,
    rules,
  });
  switch (packet) {
    case 'SEND':
    case 'SEND dup':
      return inboundSend(qos, state, packet === 'SEND dup');
    case 'SEND of the other QoS': {
      // The ids of the two QoS are apart; its call waits for the one that runs.
      const other = [call('other'), answered(otherReply), server(`${qos === 1 ? '30' : '20'} 0007 ${otherReply}`)];
      return {steps: [...end, ...other], after: later, rules: ['RB-03', 'RB-46']};
    }
    case 'REL':
      return inboundRel(qos, state, unchanged(['RB-24'], server('50 0007')));
    case 'REL of another id':
      return unchanged(['RB-24'], server('50 0008'));
    case 'REC':
      return unchanged(['RB-03', 'RB-19'], server('40 0007'));
    case 'ACK':
    case 'COM':
      return unchanged(['RB-03']);
    default:
      return unchanged(['RB-54']);
  }
}

function inboundSend(qos: 1 | 2, state: string, isDup: boolean): Outcome {
  const head = qos === 1 ? '20' : '30';
  const owned = qos === 1 ? 'acknowledged' : 'awaitingRel';
  const forwarded = (message: string, rules: readonly string[]): Outcome => ({
    steps: [call(message), answered(freshReply), server(`${head} 0007 ${freshReply}`)],
    after: owned,
    rules,
  });
  switch (state) {
    case 'none':
      return forwarded('fresh', isDup ? ['RB-13', 'RB-25'] : ['RB-12', 'RB-20']);
    case 'awaitingAnswer': {
      const joined = [answered(reply), server(`${head} 0007 ${reply}`)];
      if (qos === 2 || isDup) return {steps: joined, after: owned, rules: ['RB-22']};
      const second = [call('fresh'), answered(freshReply), server(`${head} 0007 ${freshReply}`)];
      return {steps: [...joined, ...second], after: owned, rules: ['RB-13', 'RB-43']};
    }
    case 'unanswered':
      return isDup ? forwarded('first', ['RB-63']) : forwarded('fresh', ['RB-63']);
    case 'awaitingRel':
      return {steps: [server(`30 0007 ${reply}`)], after: 'awaitingRel', rules: ['RB-20', 'RB-21']};
    default:
      return forwarded('fresh', qos === 1 ? ['RB-13'] : ['RB-25']);
  }
}

function inboundRel(qos: 1 | 2, state: string, unchanged: Outcome): Outcome {
  // REL belongs to QoS 2; the flow of a QoS 1 message is not touched.
  if (qos === 1 || state === 'none' || state === 'released') return unchanged;
  const com = server('50 0007');
  if (state !== 'awaitingAnswer') return {steps: [com], after: 'released', rules: ['RB-24', 'RB-25']};
  // Given up by the client: the call runs to its end, and no packet is sent.
  return {steps: [com, answered(reply), {quiet: true}], after: 'released', rules: ['RB-24']};
}

// Down. The server chooses the id {a}; payload "b"; the client's reply "ok".

const otherId = 'fffe';

function* outbound(qos: 1 | 2): Generator<Scenario> {
  const chart = `outboundQos${qos} {a}`;
  for (const situation of outboundSituations(qos)) {
    for (const [packet, text] of Object.entries(outboundPackets)) {
      const outcome = outboundOutcome(qos, situation.state, packet);
      yield {
        name: `down, QoS ${qos}, ${situation.state}: ${packet}`,
        rules: outcome.rules,
        before: {[chart]: situation.state},
        after: {[chart]: outcome.after},
        steps: [...situation.steps, {states: {[chart]: situation.state}}, client(text), ...outcome.steps],
      };
    }
  }
}

const confirmed: Step = {result: 'p', connections: 1, data: 'ok'};
const timedOut: Step = {result: 'p', connections: 0, timeout: true};

function outboundSituations(qos: 1 | 2): Situation[] {
  const send = server(qos === 1 ? '12 0001 {a} 62' : '14 0001 {a} 62');
  const publish = (timeout: number): Step => ({publish: {qos, type: 1, payload: '62', timeout}, as: 'p'});
  const waiting = [publish(10), send];
  const overdue = [publish(1), send, timedOut];
  if (qos === 1) {
    return [
      {state: 'awaitingAck', steps: waiting},
      {state: 'overdue', steps: overdue},
      {state: 'confirmed', steps: [...waiting, client('20 {a} 6f6b'), confirmed]},
    ];
  }
  const released = [...waiting, client('30 {a} 6f6b'), server('40 {a}'), confirmed];
  return [
    {state: 'awaitingRec', steps: waiting},
    {state: 'awaitingCom', steps: released},
    {state: 'overdue', steps: overdue},
    {state: 'completed', steps: [...released, client('50 {a}')]},
  ];
}

const outboundPackets: Record<string, string> = {
  'ACK with a reply': '20 {a} 6f6b',
  'REC with a reply': '30 {a} 6f6b',
  COM: '50 {a}',
  REL: '40 {a}',
  'ACK of another id': `20 ${otherId}`,
  'REC of another id': `30 ${otherId}`,
  'command 0': '00 {a}',
};

function outboundOutcome(qos: 1 | 2, state: string, packet: string): Outcome {
  const same = (rules: readonly string[], ...steps: Step[]): Outcome => ({steps, after: state, rules});
  switch (packet) {
    case 'ACK with a reply':
      return outboundAck(qos, state, same(['RB-06']));
    case 'REC with a reply':
      return outboundRec(qos, state);
    case 'COM':
      return state === 'awaitingCom' ? {steps: [], after: 'completed', rules: ['RB-16']} : same(['RB-16']);
    case 'REL':
      return same(['RB-03', 'RB-24'], server('50 {a}'));
    case 'REC of another id':
      return same(['RB-19'], server(`40 ${otherId}`));
    default:
      return same(['RB-54']);
  }
}

function outboundAck(qos: 1 | 2, state: string, same: Outcome): Outcome {
  const after = qos === 1 ? 'confirmed' : 'completed';
  // Old clients answer QoS 2 so: it confirms, and ends the flow.
  if (state === 'awaitingAck' || state === 'awaitingRec') return {steps: [confirmed], after, rules: ['RB-11', 'RB-61']};
  if (state === 'overdue') return {steps: [], after, rules: ['RB-06', 'RB-62']};
  return same;
}

function outboundRec(qos: 1 | 2, state: string): Outcome {
  const rel = server('40 {a}');
  // Old clients answer QoS 1 so: it confirms, and gets its REL.
  const after = qos === 1 ? 'confirmed' : 'awaitingCom';
  if (state === 'awaitingAck' || state === 'awaitingRec') {
    return {steps: [rel, confirmed], after, rules: ['RB-15', 'RB-17', 'RB-61']};
  }
  if (state === 'overdue') return {steps: [rel], after, rules: ['RB-15', 'RB-27']};
  return {steps: [rel], after: state, rules: state === 'awaitingCom' ? ['RB-15'] : ['RB-19']};
}
