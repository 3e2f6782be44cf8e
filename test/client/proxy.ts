// Between a client and a gateway, where a test can do what networks do: end connections, let them stand, refuse them.

import {once} from 'node:events';
import {type AddressInfo, connect, createServer, type Socket} from 'node:net';
import type {ExecutionContext} from 'ava';

export interface Proxy {
  readonly port: number;
  /** Connections so far. */
  readonly count: number;
  /** Ends all connections, on both sides. */
  cut(): void;
  /** From now on nothing passes on the connections there are, and nobody is told. */
  freeze(): void;
  /** Whether new connections are ended at once. */
  isDown: boolean;
}

/** A proxy before `port` of this machine; it ends with the test. */
export async function startProxy(t: ExecutionContext, port: number): Promise<Proxy> {
  const pairs = new Set<readonly [Socket, Socket]>();
  const server = createServer((near) => {
    proxy.count++;
    if (proxy.isDown) {
      near.destroy();
      return;
    }
    const far = connect(port, '127.0.0.1');
    const pair = [near, far] as const;
    pairs.add(pair);
    for (const [one, other] of [pair, [far, near] as const]) {
      one.pipe(other);
      // The other end closes as well; a reset is one of the ends.
      one.on('error', () => {});
      one.on('close', () => {
        other.destroy();
        pairs.delete(pair);
      });
    }
  });
  const cut = (): void => {
    for (const pair of pairs) for (const socket of pair) socket.destroy();
  };
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy = {
    port: (server.address() as AddressInfo).port,
    count: 0,
    isDown: false,
    cut,
    freeze: () => {
      for (const [near, far] of pairs) {
        near.unpipe(far);
        far.unpipe(near);
        near.pause();
        far.pause();
      }
    },
  };
  t.teardown(async () => {
    cut();
    server.close();
    await once(server, 'close');
  });
  return proxy;
}
