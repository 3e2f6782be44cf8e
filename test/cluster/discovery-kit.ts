// A discovery under a simulated clock: what it announces and asks is kept, what it hears and is answered is the test's.

import {Discovery, type DiscoverySettings} from '../../src/cluster/discovery.ts';
import type {HelloAnswer} from '../../src/cluster/hello.ts';
import type {NodeList} from '../../src/cluster/node-transport.ts';
import {SimulatedClock} from '../../src/core/clock-simulated.ts';
import {type Counters, createCounters} from '../../src/core/counters.ts';
import {SeededRandom} from '../../src/core/random.ts';
import {writeAnnouncement} from '../../src/protocol/announcement.ts';
import {prove} from '../../src/protocol/node-proof.ts';

export const token = 'a-token-of-the-discovery-tests';
export const self = '0'.repeat(32);

/** The id of a node by a digit. */
export function idOf(digit: number): string {
  return String(digit).repeat(32);
}

/** One question under way. */
export interface Question {
  readonly origin: string;
  readonly nonce: string;
  isGivenUp: boolean;
  /** Answers with what a node of the cluster says; `token` may be another. */
  asNode(id: string, secret?: string): void;
  answer(answer: HelloAnswer | undefined): void;
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
  /** Origins of the nodes called now. */
  readonly up: () => readonly string[];
  /** A signed announcement of the node `digit`, from 10.0.0.digit. */
  readonly announce: (
    digit: number,
    changes?: Partial<{msgtype: 'online' | 'offline'; port: number; address: string; id: string}>,
  ) => void;
  /** Any datagram. */
  readonly hear: (text: string, address?: string) => void;
  /** The one question that is under way, taken out. */
  readonly question: () => Question;
}

export function createDiscovery(changes: Partial<DiscoverySettings> = {}, own = self): DiscoveryKit {
  const clock = new SimulatedClock();
  const random = new SeededRandom(7);
  const counters = createCounters();
  const sent: string[] = [];
  const questions: Question[] = [];
  const lists: NodeList[] = [];
  const events: string[] = [];
  const settings = {
    securityToken: token,
    udpPorts: [1984, 1985],
    peers: [],
    clusterOpen: false,
    peerTimeoutMs: 2_000,
    ...changes,
  };
  const discovery = new Discovery({
    settings,
    self: own,
    port: 1984,
    clock,
    random,
    counters,
    announce: (datagram) => sent.push(Buffer.from(datagram).toString()),
    ask(origin, nonce, settle) {
      const question: Question = {
        origin,
        nonce,
        isGivenUp: false,
        answer: (answer) => {
          if (!question.isGivenUp) settle(answer);
        },
        asNode: (id, secret = token) =>
          question.answer({isOk: true, node: id, proof: prove(secret, 'hello', [nonce, id])}),
      };
      questions.push(question);
      return () => {
        question.isGivenUp = true;
      };
    },
    changed: (list) => lists.push(list),
    report: (event) => events.push(event),
  });
  return {
    clock,
    discovery,
    counters,
    sent,
    questions,
    lists,
    events,
    up: () => (lists.at(-1)?.places ?? []).map(({origin}) => origin),
    announce(digit, {msgtype = 'online', port = 1984, address = `10.0.0.${digit}`, id = idOf(digit)} = {}) {
      discovery.hear(writeAnnouncement(token, {msgtype, port}, id, clock.wallNow(), random.hex(8)), address);
    },
    hear: (text, address = '10.0.0.9') => discovery.hear(Buffer.from(text), address),
    question() {
      const question = questions.shift();
      if (question === undefined || questions.length > 0) {
        throw new Error(`Expected one question, got ${question === undefined ? 'none' : questions.length + 1}`);
      }
      return question;
    },
  };
}
