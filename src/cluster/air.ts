// The UDP side of the discovery: one socket that hears, bound to this node's port on every address, as broadcasts want it;
// and one that sends. What fails is told and not tried again: the next announcement is its own next try.

import {type BindOptions, createSocket, type Socket} from 'node:dgram';
import {once} from 'node:events';

/** Where and to whom. */
export interface AirOptions {
  /** Heard at. */
  readonly port: number;
  /** Sent from: an IPv4 address of this machine, by which others reach this node. @default the system's choice */
  readonly source: string | undefined;
  /** Sent to, at each of `ports`. */
  readonly broadcast: string;
  readonly ports: readonly number[];
  /** Given each datagram, with the address that it came from. */
  readonly receive: (datagram: Uint8Array, address: string) => void;
  /** A datagram could not be sent, or a socket broke. */
  readonly failed: (error: Error) => void;
}

/** Open sockets. */
export interface Air {
  send(datagram: Uint8Array): void;
  /** Settles when what was sent has left. */
  close(): Promise<void>;
}

/** Opens both sockets; rejects where the port or the source cannot be had. */
export async function openAir(options: AirOptions): Promise<Air> {
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
  hearing.on('message', (datagram, {address}) => receive(datagram, address));
  sending.setBroadcast(true);
  const onTheWay = new Set<Promise<void>>();

  function sendTo(datagram: Uint8Array, target: number): void {
    const sent = new Promise<void>((resolve) => {
      sending.send(datagram, target, broadcast, (error) => {
        if (error !== null) failed(error);
        resolve();
      });
    });
    onTheWay.add(sent);
    void sent.then(() => onTheWay.delete(sent));
  }

  return {
    send(datagram) {
      for (const target of ports) sendTo(datagram, target);
    },
    async close() {
      await Promise.all(onTheWay);
      hearing.close();
      sending.close();
    },
  };
}

async function bind(socket: Socket, place: BindOptions): Promise<void> {
  socket.bind(place);
  await once(socket, 'listening');
}
