// Questions and answers between the benchmark and its processes, over the channel of `fork`. A process serves a desk: an
// object of functions; the benchmark asks by name (child.ts). A process whose channel closes ends: nothing is left behind.

/** The functions a process answers to. Orders and answers are plain data. */
export type Desk = Record<string, (order: never) => unknown>;

export interface Question {
  readonly ask: number;
  readonly kind: string;
  readonly order: unknown;
}

export type Answer =
  | {readonly answer: number; readonly value: unknown}
  | {readonly answer: number; readonly error: string};

/** The first message of a process: it can be asked from here on. */
export interface Ready<Facts> {
  readonly ready: Facts;
}

/** Serves `desk` until the channel closes, and sends `facts` to the process that started this one. */
export function serveDesk(desk: Desk, facts: Readonly<Record<string, unknown>>): void {
  process.on('message', (message) => {
    if (isQuestion(message)) void answer(desk, message);
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ready: facts});
}

async function answer(desk: Desk, {ask, kind, order}: Question): Promise<void> {
  try {
    const serve = desk[kind];
    if (serve === undefined) throw new Error(`Expected a question of the desk, got ${kind}`);
    // What a question carries is typed where it is asked.
    const value = await serve(order as never);
    process.send?.({answer: ask, value} satisfies Answer);
  } catch (error) {
    process.send?.({answer: ask, error: error instanceof Error ? (error.stack ?? error.message) : String(error)});
  }
}

function isQuestion(message: unknown): message is Question {
  return typeof message === 'object' && message !== null && 'ask' in message && 'kind' in message;
}
