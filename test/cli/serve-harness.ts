// A gateway as a process, with a business server behind it.

import type {ExecutionContext} from 'ava';
import {startBusinessServer} from '../support/business-server.ts';
import {projectPath, type Served, serve, writeIn} from '../support/command.ts';
import {securityToken} from '../support/gateway.ts';

/** The command. */
export const server = projectPath('bin/rainbow-server.js');

/** A file for a gateway on this machine, with a business server behind it. */
export async function configured(t: ExecutionContext) {
  const business = await startBusinessServer(t, securityToken);
  const lines = [
    'host = 127.0.0.1',
    `connect_url = ${business.url}/connect/`,
    `forward_url = ${business.url}/message/`,
    `close_url = ${business.url}/close/?key=hidden`,
    `security_token = ${securityToken}`,
  ];
  return {business, file: await writeIn(t, 'server.ini', `[main]\n${lines.join('\n')}\n`)};
}

/** Starts the command with that file; settles once it listens. */
export async function startServer(
  t: ExecutionContext,
  file: string,
  flags: readonly string[] = [],
): Promise<Served & {readonly port: number}> {
  const served = await serve(t, process.execPath, [server, '-f', file, '-p', '0', '--log-format', 'json', ...flags]);
  const {port} = await served.event('gateway.started');
  return {...served, port: Number(port)};
}
