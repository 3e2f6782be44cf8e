// A broker behind the router: what a transport has to do where the other nodes cannot be enumerated. A question is published
// to a subject; as many answers are waited for as there is interest in it, or until its deadline. Ownership is a
// compare-and-set in the broker's store, whose revisions are the fencing tokens.

import type {Clock} from '../../src/core/clock.ts';
import {RainbowError} from '../../src/core/errors.ts';
import type {Directory} from '../../src/router/directory.ts';
import {askPart, type LocalPart, type Question} from '../../src/router/part.ts';
import type {Gathered, PartAnswer, Reach, Transport} from '../../src/router/transport.ts';
import type {BrokerConnection} from './memory-broker.ts';

/** What a node that does not answer costs, beyond a publication's own time. */
const answerGraceMs = 400;
const peerTimeoutMs = 2_000;

/** What answers carry: who answers, and what, or why not. */
type Answered = {readonly part: string} & ({readonly answer: unknown} | {readonly refusal: string});

export class BrokerTransport implements Transport {
  readonly #connection: BrokerConnection;
  readonly #clock: Clock;
  readonly #local: LocalPart;
  #inbox = 0;

  constructor(connection: BrokerConnection, clock: Clock, local: LocalPart) {
    this.#connection = connection;
    this.#clock = clock;
    this.#local = local;
    for (const subject of ['every part', ownSubject(local.name)]) this.#answerAt(subject);
  }

  /** This part has its first member of `channel`, or has lost the last one. */
  channelChanged(channel: string, hasMembers: boolean): void {
    if (hasMembers) this.#answerAt(channelSubject(channel));
    else this.#connection.unsubscribe(channelSubject(channel));
  }

  reach(question: Question): Reach | undefined {
    const subject = subjectOf(question);
    const count = this.#connection.interestIn(subject);
    if (count === 0) return undefined;
    return {gather: (asked) => this.#gather(subject, count, asked)};
  }

  /** Asks one part alone; settles with its answer, or when it is given up. */
  async askOne(part: string, question: Question): Promise<void> {
    await this.#gather(ownSubject(part), 1, question);
  }

  async #gather<Asked extends Question>(
    subject: string,
    count: number,
    question: Asked,
  ): Promise<Gathered<Asked['kind']>> {
    const answers: PartAnswer<Asked['kind']>[] = [];
    const refusals: Error[] = [];
    const timeoutMs = question.kind === 'publish' ? question.request.timeoutMs : peerTimeoutMs;
    const message = {question, expiresAt: this.#clock.now() + timeoutMs};
    if (question.kind === 'publish' && question.request.qos === 0) {
      this.#connection.publish(subject, message);
      return {answers, refusals, silent: 0, isLate: false};
    }
    const inbox = `inbox ${this.#local.name} ${++this.#inbox}`;
    const {promise, resolve} = Promise.withResolvers<void>();
    const timer = this.#clock.startTimer(timeoutMs + answerGraceMs, resolve);
    this.#connection.subscribe(inbox, (received) => {
      const answered = received as Answered;
      if ('refusal' in answered) refusals.push(new RainbowError('RB_OVERLOADED', answered.refusal));
      else answers.push({part: answered.part, answer: answered.answer} as PartAnswer<Asked['kind']>);
      if (answers.length + refusals.length === count) resolve();
    });
    this.#connection.publish(subject, message, inbox);
    await promise;
    timer.cancel();
    this.#connection.unsubscribe(inbox);
    const silent = count - answers.length - refusals.length;
    return {answers, refusals, silent, isLate: silent > 0};
  }

  #answerAt(subject: string): void {
    this.#connection.subscribe(subject, (received, replyTo) => {
      const {question, expiresAt} = received as {question: Question; expiresAt: number};
      // The asker has given it up, and has reported that. [RB-66]
      if (expiresAt <= this.#clock.now()) return;
      const part = this.#local.name;
      const reply = (answered: Answered): void => {
        if (replyTo !== '') this.#connection.publish(replyTo, answered);
      };
      askPart(this.#local, this.#ownWords(question)).then(
        (answer) => reply({part, answer}),
        (error: unknown) => reply({part, refusal: String(error)}),
      );
    });
  }

  /** Tickets of another node mean nothing here: every client leaves the channel, except where the occupant is. See also `Moves`. */
  #ownWords(question: Question): Question {
    if (question.kind === 'census') return {kind: 'census', request: {...question.request, wantsMoves: true}};
    if (question.kind !== 'evict') return question;
    const {channel, token, except} = question.request;
    const before = except.includes(this.#local.name) ? 0 : this.#local.nextTicket();
    return {kind: 'evict', request: {channel, before, token, except}};
  }
}

export class BrokerDirectory implements Directory {
  readonly #connection: BrokerConnection;
  readonly #transport: BrokerTransport;
  readonly #self: string;
  /** By key, who had it before this part claimed it. */
  readonly #former = new Map<string, string>();

  constructor(connection: BrokerConnection, transport: BrokerTransport, self: string) {
    this.#connection = connection;
    this.#transport = transport;
    this.#self = self;
  }

  async claim(key: string): Promise<number> {
    while (this.#connection.isOpen) {
      const entry = await this.#connection.read(key);
      const revision = await this.#connection.compareAndSet(key, entry?.revision ?? 0, this.#self);
      if (revision === undefined) continue;
      if (entry?.value === undefined) this.#former.delete(key);
      else this.#former.set(key, entry.value);
      return revision;
    }
    throw new Error('The connection to the broker has ended');
  }

  takeOver(identity: string, fencingToken: number): Promise<unknown> | undefined {
    const former = this.#former.get(identity);
    if (former === undefined || former === this.#self) return undefined;
    return this.#transport.askOne(former, {kind: 'takeOver', request: {identity, fencingToken}});
  }

  /** The store keeps the ownership of a part that has ended. */
  hold(): void {}

  /** Fails where a newer owner has the key: its revision is another. */
  release(key: string, fencingToken: number): void {
    void this.#connection.compareAndSet(key, fencingToken, undefined);
  }
}

function subjectOf({kind, request}: Question): string {
  return kind === 'publish' && request.channel !== undefined ? channelSubject(request.channel) : 'every part';
}

function channelSubject(channel: string): string {
  return `channel ${channel}`;
}

function ownSubject(part: string): string {
  return `part ${part}`;
}
