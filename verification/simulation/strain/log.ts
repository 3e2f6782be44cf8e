// The log of a node under strain, as far as a run reads it: the product says there what it could not do.

import type {Logger} from 'pino';
import type {Records} from './records.ts';

type Fields = Readonly<Record<string, unknown>>;

/** A log that notes the close calls which were reported as lost; `onEvent` is called with each event's name. */
export function listeningLog(records: Records, onEvent: (event: string) => void, bound: Fields = {}): Logger {
  const line = (own: Fields, event: string): void => {
    const fields = {...bound, ...own};
    onEvent(event);
    if (event === 'closeCall.lostFor') records.lost(String(fields.identity));
    if (event !== 'closeCalls.lostAtShutdown') return;
    records.left(typeof fields.shard === 'number' ? fields.shard : undefined, Number(fields.count));
  };
  const child = (more: Fields): Logger => listeningLog(records, onEvent, {...bound, ...more});
  return {debug: line, info: line, warn: line, error: line, fatal: line, child} as unknown as Logger;
}
