// An attacker on the network without the token: relays to a node what is sent to an address of the attacker, and reads
// it.

import {once} from 'node:events';
import {connect, createServer} from 'node:net';
import type {ExecutionContext} from 'ava';

export interface Relay {
  /** All that was sent to it, as text. */
  readonly heard: string;
  /** Connections it had. */
  readonly connections: number;
}

/** Listens at `host:port` and passes on to 127.0.0.1:`target`. */
export async function startRelay(
  t: ExecutionContext,
  {host, port, target}: {readonly host: string; readonly port: number; readonly target: number},
): Promise<Relay> {
  const seen = {heard: '', connections: 0};
  const server = createServer((socket) => {
    seen.connections++;
    const onward = connect(target, '127.0.0.1');
    socket.on('data', (bytes) => {
      seen.heard += bytes.toString('latin1');
    });
    // Either end may break at any time.
    socket.on('error', () => onward.destroy());
    onward.on('error', () => socket.destroy());
    socket.pipe(onward);
    onward.pipe(socket);
  });
  server.listen(port, host);
  await once(server, 'listening');
  t.teardown(() => server.close());
  return seen;
}
