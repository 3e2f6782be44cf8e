// Runs in a thread of its own, since the end of each commit waits for the disk. Started by store-sqlite.ts.

import {type MessagePort, parentPort, workerData} from 'node:worker_threads';
import {invariant} from '../../core/invariant.ts';
import {StoreError} from '../store.ts';
import {Committer, type StoreUser} from './committer.ts';
import {openStoreFile} from './store-file.ts';
import type {StoreCall, StoreCommand, StoreReport} from './thread-message.ts';

invariant(parentPort !== null, 'this runs in a thread');
const owner = parentPort;

try {
  serve(new Committer(openStoreFile({path: workerData as string})), owner);
  owner.postMessage({error: undefined} satisfies StoreReport);
} catch (error) {
  if (!(error instanceof StoreError)) throw error;
  owner.postMessage({error: {code: error.code, message: error.message}} satisfies StoreReport);
}

function serve(committer: Committer, owner: MessagePort): void {
  const ports: MessagePort[] = [];
  // What has arrived by the next phase of the event loop, after a commit that took its time, is one more commit.
  const run = (): void => committer.run();
  owner.on('message', (command: StoreCommand) => {
    if (command.kind === 'serve') {
      const {port} = command;
      const user: StoreUser = {answer: (answers) => port.postMessage(answers), failures: 0, failure: undefined};
      port.on('message', (call: StoreCall) => {
        if (committer.take(user, call)) setImmediate(run);
      });
      ports.push(port);
      return;
    }
    committer.close();
    for (const port of ports) port.close();
    owner.close();
  });
}
