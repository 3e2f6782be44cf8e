// A discovery under a simulated clock: what it announces and asks is kept, what it hears and is answered is the test's.

import {Discovery, type DiscoverySettings} from '../../../src/cluster/lan/discovery.ts';
import {
  answerHello,
  askingHello,
  type HelloAnswer,
  type HelloFailure,
  type HelloQuestion,
} from '../../../src/cluster/lan/hello.ts';
import type {NodeList} from '../../../src/cluster/lan/node-transport.ts';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {type Counters, createCounters} from '../../../src/core/counters.ts';
import {SeededRandom} from '../../../src/core/random-seeded.ts';
import {writeAnnouncement} from '../../../src/protocol/announcement.ts';
import {deriveNodeKeys, type NodeKeys} from '../../../src/protocol/node-proof.ts';

export const keys = deriveNodeKeys('a-token-of-the-discovery-tests');
export const otherKeys = deriveNodeKeys('another-token');
/** Of the asking node, as it and the others see it. */
export const ownAddress = '10.0.0.1';
export const self = '0'.repeat(32);

/** The id of a node by a digit. */
export function idOf(digit: number): string {
  return String(digit).repeat(32);
}

/** One question under way. */
export interface Question {
  readonly origin: string;
  readonly question: HelloQuestion;
  isGivenUp: boolean;
  /** Answers with what a node of the cluster says. */
  asNode(id: string, changes?: NodeChanges): void;
  /** With a status and what it says; `undefined`: the connection is refused. */
  answer(answer: Pick<HelloAnswer, 'isOk' | 'said'> | undefined): void;
}

/** How a node differs from one of the cluster that was asked where it is. */
export interface NodeChanges {
  readonly secret?: NodeKeys;
  /** Where it says it was reached, and by which node. */
  readonly place?: string;
  readonly asker?: string;
  /** How far its clock is ahead. */
  readonly skewMs?: number;
}

export interface DiscoveryKit {
  readonly clock: SimulatedClock;
  readonly discovery: Discovery;
  readonly counters: Counters;
  /** Datagrams sent, as text. */
  readonly sent: string[];
  readonly questions: Question[];
  readonly lists: NodeList[];
  readonly events: string[];
  /** The causes that were logged with the events, as `event: cause`. */
  readonly causes: string[];
  /** Origins of the nodes called now. */
  readonly up: () => readonly string[];
  /** `server: cause` of those that cannot be called. */
  readonly missing: () => readonly string[];
  /** A signed announcement of the node `digit`, from 10.0.0.digit. */
  readonly announce: (digit: number, changes?: AnnouncementChanges) => void;
  /** Any datagram. */
  readonly hear: (text: string | Uint8Array, address?: string, port?: number) => void;
  /** The one question that is under way, taken out. */
  readonly question: () => Question;
}

export interface AnnouncementChanges {
  readonly msgtype?: 'online' | 'offline';
  readonly port?: number;
  readonly address?: string;
  readonly id?: string;
  /** How far its clock is ahead. */
  readonly skewMs?: number;
  /** @default one more than any before */
  readonly sequence?: number;
}

export function createDiscovery(changes: Partial<DiscoverySettings> = {}, own = self): DiscoveryKit {
  const clock = new SimulatedClock();
  const random = new SeededRandom(7);
  const counters = createCounters();
  const sent: string[] = [];
  const questions: Question[] = [];
  const lists: NodeList[] = [];
  const events: string[] = [];
  const causes: string[] = [];
  let sequence = 0;
  const settings = {
    udpPorts: [1984, 1985],
    peers: [],
    clusterOpen: false,
    clusterAddress: '',
    peerTimeoutMs: 2_000,
    ...changes,
  };
  const log = (event: string, fields: Readonly<Record<string, unknown>>): void => {
    events.push(event);
    if (typeof fields.cause === 'string') causes.push(`${event}: ${fields.cause}`);
  };
  const discovery = new Discovery({
    settings,
    keys,
    self: own,
    port: 1984,
    clock,
    random,
    counters,
    announce: (write) => sent.push(Buffer.from(write(ownAddress)).toString()),
    ask(origin, asked, settle) {
      const settled = (answer: HelloAnswer | HelloFailure): void => {
        if (!question.isGivenUp) settle(answer);
      };
      const path = {place: origin.slice('http://'.length), asker: ownAddress};
      const question: Question = {
        origin,
        question: asked,
        isGivenUp: false,
        answer: (answer) =>
          settled(
            answer === undefined
              ? {failure: 'the connection is refused: no server listens there'}
              : {...answer, status: answer.isOk ? 200 : 404, path},
          ),
        asNode(id, {secret = keys, skewMs = 0, ...seen} = {}) {
          // Only of one's own cluster is a stranger's question answered.
          const own = secret === keys ? asked : askingHello(secret, asked.node, asked.nonce);
          const terms = {node: id, wallMs: clock.wallNow() + skewMs, path: {...path, ...seen}};
          question.answer({isOk: true, said: answerHello(secret, own, terms)});
        },
      };
      questions.push(question);
      return () => {
        question.isGivenUp = true;
      };
    },
    changed: (list) => lists.push(list),
    report: log,
    warn: log,
  });
  return {
    clock,
    discovery,
    counters,
    sent,
    questions,
    lists,
    events,
    causes,
    missing: () => (lists.at(-1)?.missing ?? []).map(({server, cause}) => `${server}: ${cause}`),
    up: () => (lists.at(-1)?.places ?? []).map(({origin}) => origin),
    announce(digit, changes = {}) {
      const {msgtype = 'online', port = 1984, address = `10.0.0.${digit}`, id = idOf(digit), skewMs = 0} = changes;
      const facts = {node: id, address, sequence: changes.sequence ?? ++sequence, wallMs: clock.wallNow() + skewMs};
      discovery.hear(writeAnnouncement(keys, {msgtype, port}, facts), {address, port: 40_000});
    },
    hear: (text, address = '10.0.0.9', port = 50_000) => discovery.hear(Buffer.from(text), {address, port}),
    question() {
      const question = questions.shift();
      if (question === undefined || questions.length > 0) {
        throw new Error(`Expected one question, got ${question === undefined ? 'none' : questions.length + 1}`);
      }
      return question;
    },
  };
}
