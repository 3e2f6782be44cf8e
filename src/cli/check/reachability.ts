// Whether a connection to a URL can be made, without a request: for the URLs that `rainbow check` may not call, since a call
// has effects.

import {connect, isIP} from 'node:net';
import {connect as connectTls} from 'node:tls';

/** Connects and hangs up. Settles with the error's code where there is no connection, `undefined` where there is one. */
export async function findUnreachable(url: string, timeoutMs: number): Promise<string | undefined> {
  const {protocol, hostname, port} = new URL(url);
  const host = hostname.replace(/^\[|\]$/g, '');
  const {promise, resolve} = Promise.withResolvers<string | undefined>();
  const isSecure = protocol === 'https:';
  const options = {host, port: Number(port) || (isSecure ? 443 : 80), timeout: timeoutMs};
  const socket = isSecure
    ? connectTls({...options, servername: isIP(host) === 0 ? host : ''}, () => resolve(undefined))
    : connect(options, () => resolve(undefined));
  socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
  socket.once('timeout', () => resolve('no connection in time'));
  try {
    return await promise;
  } finally {
    socket.destroy();
  }
}
