// A play: a short conversation between clients, gateway, callers and business server that takes some transitions of the
// charts. It is rehearsed once, and then repeated for each of them, with the gateway killed there.

import type {IniKeys} from '../../../test/support/gateway.ts';
import type {Harness} from '../harness/harness.ts';

export interface Play {
  readonly name: string;
  /** Which occurrence of each of its transitions is struck. @default 1 */
  readonly nth?: number;
  /** Of the gateway's configuration. */
  readonly keys?: IniKeys;
  /** Rejects where the gateway ends meanwhile. */
  run(harness: Harness): Promise<void>;
}
