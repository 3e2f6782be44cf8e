// The other parts of the gateway as a router reaches them. The router never counts them: it puts a question to the parts that
// it may concern, and gets their answers. Shards and nodes of a LAN are peers that can be enumerated (peers.ts); behind a
// broker there are subjects, and an unknown number of listeners.

import type {Gathering} from './gathering.ts';
import type {Answers, Question, QuestionKind} from './part.ts';

/** What one part answered. */
export interface PartAnswer<Kind extends QuestionKind> {
  /** The name of the part. */
  readonly part: string;
  readonly answer: Answers[Kind];
}

/** The answers to a question. */
export interface Gathered<Kind extends QuestionKind> {
  readonly answers: readonly PartAnswer<Kind>[];
  /** The errors of parts that refused it. */
  readonly refusals: readonly Error[];
  /** How many parts that it concerned did not answer. Their clients are not covered. [RB-66] */
  readonly silent: number;
  /** Whether one of them was given up at the deadline: it may be there. */
  readonly isLate: boolean;
  /** The names of those, where they are known. @default none */
  readonly missing?: readonly string[];
}

/** Calls `action` at this part's place in an order that several parts share; see `EnvelopeExchange.inOrder`. [RB-45] */
export type InOrder = (action: () => void) => void;

/** The parts that a question may concern, at the moment when it was asked. */
export interface Reach {
  /** Where they handle what is sent to them in one order with this part. Else this part need not wait. */
  readonly inOrder?: InOrder | undefined;
  /**
   * Asks each once. Settles when all have answered, or at the deadline of the question. Never rejects. `gathering` follows a
   * publication: each part is added to it before this returns.
   */
  gather<Asked extends Question>(question: Asked, gathering?: Gathering): Promise<Gathered<Asked['kind']>>;
}

export interface Transport {
  /** The parts that `question` may concern; `undefined`: no part. Never leaves out one that has clients of the question. */
  reach(question: Question): Reach | undefined;
}
