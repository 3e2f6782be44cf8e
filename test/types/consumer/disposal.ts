// `await using`, with the lib `esnext.disposable`. Compiled in copies by declarations.test.ts, never run.

import {Rainbow} from 'rainbow-server/client';

export async function once(): Promise<void> {
  await using rainbow = new Rainbow('ws://127.0.0.1:1984/connect/');
  await rainbow.bloom();
}
