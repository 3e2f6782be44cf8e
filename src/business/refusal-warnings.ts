// Warns of calls that were refused: the first of each kind at once, then at most one a minute with the number since. A gateway
// hides from its clients why a call failed, so that here is where it shows.

import type {Clock} from '../core/clock.ts';
import type {RefusedCall} from './options.ts';

const intervalMs = 60_000;

/** Kinds of refusals at a time; those beyond are counted as one. */
const kindsMax = 64;

/** What to do, beyond what the detail says. */
const advice: Readonly<Record<string, string>> = {
  RB_SIGNATURE_MISSING:
    'Only the gateway may call this server; look who does, and at connect_url, forward_url and close_url.',
  RB_SIGNATURE_MALFORMED: 'Only the gateway may call this server; check whether a proxy changes the query.',
  RB_SIGNATURE_EXPIRED: 'Synchronise the clocks of this machine and of the gateway (NTP).',
  RB_SIGNATURE_REPLAYED: 'Check whether a proxy repeats requests.',
  RB_METHOD:
    'Look at connect_url, forward_url and close_url of the gateway: connect and close are GET, messages are POST. ' +
    'A GET without a signature may be that of rainbow check, which looks for redirects.',
  RB_OVERLOADED: 'Make handlers faster, or raise runningMax or replayCallsMax.',
};

interface Kind {
  quietUntil: number;
  unreported: number;
}

/** Warns of refused calls: the first of a kind at once, then at most one a minute. */
export class RefusalWarnings {
  readonly #clock: Clock;
  readonly #warn: (text: string) => void;
  readonly #kinds = new Map<string, Kind>();

  /** `warn` is called apart from the call that is refused. @default `console.warn` */
  constructor(clock: Clock, warn: ((text: string) => void) | undefined) {
    this.#clock = clock;
    this.#warn = warn ?? ((text) => console.warn(text));
  }

  /** A call was refused. */
  count({status, code, detail}: RefusedCall): void {
    const kind = this.#kindOf(code === 'RB_NO_HANDLER' ? detail : code);
    const now = this.#clock.now();
    if (now < kind.quietUntil) {
      kind.unreported++;
      return;
    }
    const more = kind.unreported === 0 ? '' : ` ${kind.unreported} more since the last warning.`;
    kind.quietUntil = now + intervalMs;
    kind.unreported = 0;
    const what = `rainbow-business: a call was refused with ${status} (${code}): ${detail}`;
    const text = `${what} ${advice[code] ?? ''}`.trimEnd() + more;
    // The application's, as its other hooks: one that throws must not cost the answer.
    queueMicrotask(() => this.#warn(text));
  }

  #kindOf(name: string): Kind {
    const key = this.#kinds.size < kindsMax || this.#kinds.has(name) ? name : 'others';
    let kind = this.#kinds.get(key);
    if (kind === undefined) {
      kind = {quietUntil: Number.NEGATIVE_INFINITY, unreported: 0};
      this.#kinds.set(key, kind);
    }
    return kind;
  }
}
