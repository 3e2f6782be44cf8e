// The orderly end of a thread.

import type {ShardContext} from './shard-context.ts';

/** How long a thread takes to stop. */
export interface StopTimes {
  /** At most this long, unless close calls are answered meanwhile. */
  readonly graceMs: number;
  /** Each close call that is answered gives it `graceMs` more, up to this long in all. @default graceMs */
  readonly maxMs?: number;
}

/**
 * Ends every connection: close frames with 1001, then the close calls. Settles when all have ended and all close calls are
 * answered, or when its time is up: then the sockets that are left are destroyed. Handshakes and publications are refused
 * from the first moment. What is left of the close calls is for {@link CloseOutbox.abandon}.
 */
export function stopShardContext(context: ShardContext, {graceMs, maxMs = graceMs}: StopTimes): Promise<void> {
  const {alive, clock, scheduler, closes} = context;
  context.isStopping = true;
  for (const connection of alive) connection.tell({kind: 'stopping'});
  return new Promise((resolve) => {
    const startedAt = clock.now();
    let isOver = false;
    let madeCount = closes.madeCount;
    let endAt = startedAt + Math.max(0, graceMs);
    let timer = clock.startTimer(endAt - startedAt, check);
    const removeHook = scheduler.onTurnEnd('done', () => {
      if (isOver || (alive.size === 0 && closes.size === 0)) end();
      if (closes.madeCount === madeCount) return;
      madeCount = closes.madeCount;
      endAt = Math.max(endAt, Math.min(startedAt + maxMs, clock.now() + graceMs));
    });

    function check(): void {
      const leftMs = endAt - clock.now();
      if (leftMs > 0) {
        timer = clock.startTimer(leftMs, check);
        return;
      }
      for (const connection of alive) connection.tell({kind: 'drainDue'});
      alive.clear();
      // Their close calls go out with the turn that this brings.
      isOver = true;
      scheduler.requestTurn();
    }

    function end(): void {
      timer.cancel();
      context.refreshes.stop();
      removeHook();
      resolve();
    }

    scheduler.requestTurn();
  });
}
