// One TCP connection of the load generator, with as little between it and the kernel as Node allows: all connections
// read into one shared buffer, and what is read is handled before the next read.

import {connect, type Socket} from 'node:net';

/** A receiver reads what it is given at once: the bytes are overwritten afterwards. */
export interface Receiver {
  receive(bytes: Buffer): void;
  /** The connection has ended, by whichever side. */
  ended(): void;
}

const readBuffer = Buffer.allocUnsafe(262_144);

// A source address has 28,000 ports; connections are spread over several, as so many clients would be.
const connectionsPerAddress = 4_000;
let opened = 0;

/** Connects to `port` of this machine; `onConnected` is called once. */
export function openConnection(port: number, receiver: Receiver, onConnected: () => void): Socket {
  const localAddress = `127.0.0.${2 + (Math.floor(opened++ / connectionsPerAddress) % 200)}`;
  const socket = connect({
    port,
    host: '127.0.0.1',
    localAddress,
    noDelay: true,
    onread: {
      buffer: readBuffer,
      callback: (length) => {
        receiver.receive(readBuffer.subarray(0, length));
        return true;
      },
    },
  });
  socket.once('connect', onConnected);
  // `close` follows and is what counts.
  socket.on('error', () => socket.destroy());
  socket.once('close', () => receiver.ended());
  return socket;
}
