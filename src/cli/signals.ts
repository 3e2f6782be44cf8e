// The signals of a serving process: which of them end it in order, and which are ignored. Used by `rainbow-server` and by
// the example that `npm start` runs.

import {constants} from 'node:os';
import {isatty} from 'node:tty';

// Their default action ends the process at once, without close calls, and they do not stand for a broken process. SIGPIPE
// and SIGXFSZ are ignored by Node; SIGPROF and SIGVTALRM belong to profilers.
const endingSignals = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGUSR2', 'SIGALRM', 'SIGXCPU', 'SIGPWR'] as const;

// Daemons reload or reopen their logs on these. The gateway has nothing to reload yet, and Node by itself would open a
// debugger's port on SIGUSR1, for anybody on this machine.
const ignoredSignals = ['SIGHUP', 'SIGUSR1'] as const;

/** The effects of signals. */
export interface SignalActions {
  /** Called for each signal that ends the process, with its name or with what it means. */
  readonly end: (why: string) => void;
  /** Called for each signal that is ignored; `reason` says what to do instead. */
  readonly ignore: (signal: string, reason: string) => void;
}

/** Takes the signals of this process from now on. */
export function takeSignals({end, ignore}: SignalActions): void {
  const hadTerminal = hasTerminal();
  for (const signal of endingSignals.filter(isKnown)) process.on(signal, () => end(signal));
  for (const signal of ignoredSignals.filter(isKnown)) {
    process.on(signal, () => {
      // Closing a terminal ends what runs in it. Under nohup and in a service there is no terminal.
      if (signal === 'SIGHUP' && hadTerminal && !hasTerminal()) end('the terminal was closed');
      else ignore(signal, `${signal} is ignored: a new configuration takes a restart (SIGTERM, then start)`);
    });
  }
}

/** Not every system has every signal. */
function isKnown(signal: NodeJS.Signals): boolean {
  return constants.signals[signal] !== undefined;
}

function hasTerminal(): boolean {
  return isatty(0) || isatty(1);
}
