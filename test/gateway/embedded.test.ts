// A gateway in a program of which it is the only thing that the process waits for.

import test from 'ava';
import {projectPath, runScript} from '../support/command.ts';

for (const threads of [1, 2]) {
  test(`closing a gateway of ${threads} threads settles though nothing else keeps the process alive, its close calls tried to the end [RB-64]`, async (t) => {
    const {code, stdout, stderr} = await runScript(t, projectPath('test/gateway/embedded.ts'), [String(threads)]);
    t.is(stderr, '');
    t.is(stdout, 'closed, 1 close calls lost\n');
    t.is(code, 0);
  });
}
