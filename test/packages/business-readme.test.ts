// packages/business/README.md: its program runs with the installed package in every runtime that it names.

import {writeFile} from 'node:fs/promises';
import {connect} from 'node:net';
import {join} from 'node:path';
import {codeBlocks, readDocument} from '../docs/documents.ts';
import {until} from '../support/deadline.ts';
import {securityToken, start} from '../support/gateway.ts';
import {installBefore} from '../support/packages.ts';
import {holdPort} from '../support/ports.ts';
import {runIn, runtimes, runtimeTest} from './runtimes.ts';

const guide = readDocument('packages/business/README.md');
const [program = ''] = codeBlocks(guide).flatMap(({language, code}) => (language === 'ts' ? [code] : []));

const application = installBefore('business');

for (const runtime of Object.values(runtimes)) {
  runtimeTest(runtime, `the program of the page serves the gateway in ${runtime.name}`, async (t) => {
    const port = await holdPort(t);
    const base = `http://127.0.0.1:${port}`;
    const harness = await start(t, {
      connectUrl: `${base}/connect/`,
      forwardUrl: `${base}/message/`,
      closeUrl: `${base}/close/`,
    });
    const {folder} = application();
    const code = program
      .replace('change-me-please', securityToken)
      .replace('http://127.0.0.1:1984', harness.gateway.url)
      .replace('8000', String(port));
    await writeFile(join(folder, 'program.js'), code);
    const running = runIn(t, runtime, folder, 'program.js');
    await until(() => isOpen(port), 'the program to listen');

    const client = await harness.connect();
    client.sendMessage({qos: 1, type: 2, id: 1, payload: 'hello'});
    const heard = await client.parsed();
    t.is(heard.type, 1002);
    t.is(heard.payload.toString(), 'hello');
    client.sendAnswer('ack', heard.id);
    t.is((await client.parsed()).payload.toString(), '{"delivered":1}');
    // While there is a server that takes the close call.
    await harness.gateway.close();
    t.is(running.output(), '');
  });
}

/** Whether something listens on a port; says nothing to it. */
async function isOpen(port: number): Promise<true | undefined> {
  const socket = connect(port, '127.0.0.1');
  return await new Promise<true | undefined>((resolve) => {
    socket.once('connect', () => resolve(true)).once('error', () => resolve(undefined));
  }).finally(() => socket.destroy());
}
