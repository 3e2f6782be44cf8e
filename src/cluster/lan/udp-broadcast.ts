// The UDP side of the discovery: one socket that receives, bound to this node's port on every address, as broadcasts
// require, and one that sends. A failure is reported and not retried: the next announcement is the retry.

import {type BindOptions, createSocket, type Socket} from 'node:dgram';
import {once} from 'node:events';

/** The addresses and ports that are used. */
export interface UdpBroadcastOptions {
  /** Heard at. */
  readonly port: number;
  /** Sent from: an IPv4 address of this machine, by which others reach this node. @default the system's choice */
  readonly source: string | undefined;
  /** Sent to, at each of `ports`. */
  readonly broadcast: string;
  readonly ports: readonly number[];
  /** Given each datagram, with the address and the port that it came from. */
  readonly receive: (datagram: Uint8Array, source: {readonly address: string; readonly port: number}) => void;
  /** A datagram could not be sent, or a socket broke. */
  readonly failed: (error: Error) => void;
}

/** Open sockets. */
export interface UdpBroadcast {
  /** `write` gets the address that the datagram leaves from, which it may name. */
  send(write: (address: string) => Uint8Array): void;
  /** Settles when what was sent has left. */
  close(): Promise<void>;
}

/** Opens both sockets; rejects where the port or the source cannot be had. */
export async function openUdpBroadcast(options: UdpBroadcastOptions): Promise<UdpBroadcast> {
  const {port, source, broadcast, ports, receive, failed} = options;
  const hearing = createSocket('udp4');
  const sending = createSocket('udp4');
  try {
    await bind(hearing, {port, address: '0.0.0.0', exclusive: true});
    await bind(sending, {port: 0, ...(source !== undefined && {address: source}), exclusive: true});
  } catch (error) {
    hearing.close();
    sending.close();
    throw error;
  }
  hearing.on('error', failed);
  sending.on('error', failed);
  hearing.on('message', (datagram, {address, port: from}) => receive(datagram, {address, port: from}));
  sending.setBroadcast(true);
  const onTheWay = new Set<Promise<void>>();

  function sendTo(datagram: Uint8Array, target: number): Promise<void> {
    return new Promise<void>((resolve) => {
      sending.send(datagram, target, broadcast, (error) => {
        if (error !== null) failed(error);
        resolve();
      });
    });
  }

  async function sendToAll(write: (address: string) => Uint8Array): Promise<void> {
    try {
      // Asked each time: a machine gets another address while it runs.
      const datagram = write(source ?? (await sourceFor(broadcast, ports[0] ?? port)));
      await Promise.all(ports.map((target) => sendTo(datagram, target)));
    } catch (error) {
      failed(error instanceof Error ? error : new Error(String(error)));
    }
  }

  return {
    send(write) {
      const sent = sendToAll(write);
      onTheWay.add(sent);
      void sent.then(() => onTheWay.delete(sent));
    },
    async close() {
      await Promise.all(onTheWay);
      hearing.close();
      sending.close();
    },
  };
}

/** The address from which the system sends there. A connected socket knows it; nothing is sent. */
async function sourceFor(broadcast: string, port: number): Promise<string> {
  const socket = createSocket('udp4');
  try {
    await bind(socket, {port: 0, exclusive: true});
    socket.setBroadcast(true);
    const connected = once(socket, 'connect');
    socket.connect(port, broadcast);
    await connected;
    return socket.address().address;
  } finally {
    socket.close();
  }
}

async function bind(socket: Socket, place: BindOptions): Promise<void> {
  socket.bind(place);
  await once(socket, 'listening');
}
