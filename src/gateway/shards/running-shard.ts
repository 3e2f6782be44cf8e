// One shard's worker, as the node's main thread holds it: commands, each with its answer, and word of its end.

import {type Transferable, Worker} from 'node:worker_threads';
import type {OwedFacts} from '../../actors/owed-close.ts';
import {Ledger} from '../shard/close-ledger.ts';
import type {ShardCommand, ShardNotice, ShardReport, ShardStart} from '../shard/shard-command.ts';

/** Node runs the source as it is; the package holds JavaScript. */
const entry = new URL(import.meta.url.endsWith('.ts') ? './shard-worker.ts' : './shard-worker.js', import.meta.url);

/** What is used of a `Worker`. */
export interface ShardThread {
  postMessage(command: ShardCommand, transfer?: readonly Transferable[]): void;
  on(event: 'message', listener: (message: ShardReport | ShardNotice) => void): unknown;
  once(event: 'error', listener: (error: unknown) => void): unknown;
  once(event: 'exit', listener: () => void): unknown;
  terminate(): Promise<unknown>;
}

/** Starts a thread that runs shard-worker.ts. */
export function startShardThread(start: ShardStart): ShardThread {
  return new Worker(entry, {workerData: start, name: `shard ${start.index}`});
}

const gone: ShardReport = {kind: 'failed', message: 'Expected the shard to live', code: undefined};

export class RunningShard {
  readonly index: number;
  /** The close calls that would be lost with it. */
  readonly ledger = new Ledger();
  readonly #worker: ShardThread;
  #answer: ((report: ShardReport) => void) | undefined;
  /** It answers no command any more. */
  #isGone = false;
  /** Commands go out one at a time. */
  #last: Promise<unknown> = Promise.resolve();

  /** `onEnd` is called once, with the error the thread died of, if any; `onNotice` with what it says unasked. */
  constructor(
    index: number,
    thread: ShardThread,
    onEnd: (error: unknown) => void,
    onNotice: (notice: Exclude<ShardNotice, {kind: 'closes'}>) => void,
  ) {
    this.index = index;
    this.#worker = thread;
    let cause: unknown;
    this.#worker.on('message', (message) => {
      if (message.kind === 'closes') this.ledger.note(message.notes);
      else if (message.kind === 'doubt' || message.kind === 'logged' || message.kind === 'reported') onNotice(message);
      else this.#settle(message);
    });
    this.#worker.once('error', (error) => {
      cause = error;
    });
    this.#worker.once('exit', () => {
      this.giveUp();
      onEnd(cause);
    });
  }

  /** Carries out `command`; `failed` also where the shard ends first, or has ended. */
  command(command: Exclude<ShardCommand, {kind: 'adopt'}>): Promise<ShardReport> {
    const report = this.#last.then(
      () =>
        new Promise<ShardReport>((resolve) => {
          if (this.#isGone) {
            resolve(gone);
            return;
          }
          this.#answer = resolve;
          this.#worker.postMessage(command, command.kind === 'link' ? [command.port] : []);
        }),
    );
    this.#last = report;
    return report;
  }

  /** Has it make close calls that another shard owed; `isSuccessor`: one whose place it takes. */
  adopt(closes: readonly OwedFacts[], isSuccessor: boolean): void {
    this.ledger.add(closes);
    this.#worker.postMessage({kind: 'adopt', closes, isSuccessor} satisfies ShardCommand);
  }

  /** Ends the thread at once. */
  async terminate(): Promise<void> {
    if (!this.#isGone) await this.#worker.terminate();
  }

  /** It will not answer any more, nor end: nothing waits for it from now on. */
  giveUp(): void {
    this.#isGone = true;
    this.#settle(gone);
  }

  #settle(report: ShardReport): void {
    this.#answer?.(report);
    this.#answer = undefined;
  }
}
