// Reports a publication of this thread to the thread that follows it: what is settled in one turn goes in one message.

import type {Follower, RecipientReport} from '../../router/gathering.ts';
import type {EnvelopePort} from '../../runtime/envelope-exchange.ts';
import {packReport, type ReportField, type ShardMessage} from './shard-message.ts';

/** The asker at the other end of a port, as a publication here sees it. */
export class PortFollower implements Follower {
  readonly wantsNames: boolean;
  isStopped = false;
  onStop: (() => void) | undefined;
  readonly #number: number;
  readonly #port: EnvelopePort<ShardMessage, ShardMessage>;

  constructor(number: number, wantsNames: boolean, port: EnvelopePort<ShardMessage, ShardMessage>) {
    this.#number = number;
    this.wantsNames = wantsNames;
    this.#port = port;
  }

  begun(recipients: number, names: readonly string[]): void {
    this.#port.send({kind: 'begun', number: this.#number, recipients, names});
  }

  settled(report: RecipientReport): void {
    const {last} = this.#port;
    if (last?.kind === 'settled' && last.number === this.#number) {
      packReport(last.fields, report);
      return;
    }
    const fields: ReportField[] = [];
    packReport(fields, report);
    this.#port.send({kind: 'settled', number: this.#number, fields});
  }

  /** The asker has replies enough. */
  stop(): void {
    this.isStopped = true;
    this.onStop?.();
  }
}
