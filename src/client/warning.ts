// Warnings for developers, even without a listener: on the console, unless the application sets `warn`.

import type {ClosedEvent} from './events.ts';

export function warnOnConsole(text: string, ...cause: readonly unknown[]): void {
  console.warn(`Rainbow: ${text}`, ...cause);
}

/** Attempts in a row that fail before there is a warning; one or two are a network's everyday life. */
const failuresWarned = 3;

interface Warner {
  /** The address without its query. */
  readonly place: string;
  readonly warn: (text: string, cause?: unknown) => void;
}

/** Warns of a connection that never opens: with a wrong URL there would be no other sign. */
export function warnOfFailures({failures, wasOpen, code, reason, cause}: ClosedEvent, {warn, place}: Warner): void {
  if (failures !== failuresWarned || wasOpen) return;
  warn(
    `${failures} attempts to connect to ${place} have failed (${`${code} ${reason}`.trim()}). The URL may be wrong, the gateway may be down, ` +
      'or the business server may refuse this client: a WebSocket does not report which. The client keeps trying.',
    ...(cause === undefined ? [] : [cause]),
  );
}
