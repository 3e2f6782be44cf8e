// Ports that must be known before a server listens there. A port is taken while its test runs: by listening on its
// guard, a port at a fixed distance, so that two tests, in whatever processes, never get the same one. Both lie below
// the ephemeral port range, so that the system does not give one to another socket while its owner is not listening.

import {createSocket} from 'node:dgram';
import {createServer, type Server} from 'node:net';
import type {Lifetime} from './lifetime.ts';

const firstPort = 12_000;
const portCount = 8_000;
const host = '127.0.0.1';

let next = process.pid;

/** A free port for TCP and UDP; no other test gets it before `t` ends. */
export async function holdPort(t: Lifetime): Promise<number> {
  for (let tries = 0; tries < portCount; tries++) {
    // A step without a common factor with their number comes to all of them, and apart from those of other processes.
    next = (next + 3_001) % portCount;
    const port = firstPort + next;
    const guard = await listen(port + portCount);
    if (guard === undefined) continue;
    if ((await isFreeForTcp(port)) && (await isFreeForUdp(port))) {
      t.teardown(() => close(guard));
      return port;
    }
    await close(guard);
  }
  throw new Error(`Expected a free port from ${firstPort} to ${firstPort + portCount - 1}`);
}

/** So many of them. */
export async function holdPorts(t: Lifetime, count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) ports.push(await holdPort(t));
  return ports;
}

/** Listens there; `undefined` if the port is in use. */
export async function listen(port: number, at?: string): Promise<Server | undefined> {
  const server = createServer((socket) => socket.destroy());
  return await new Promise((resolve) => {
    server.once('error', () => resolve(undefined));
    server.listen({port, host: at ?? host, exclusive: true}, () => resolve(server.unref()));
  });
}

async function isFreeForTcp(port: number): Promise<boolean> {
  const server = await listen(port, '0.0.0.0');
  if (server !== undefined) await close(server);
  return server !== undefined;
}

async function isFreeForUdp(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const isFree = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind({port, exclusive: true}, () => resolve(true));
  });
  await new Promise<void>((resolve) => socket.close(resolve));
  return isFree;
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
