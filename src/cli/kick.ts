// `rainbow kick`: disconnects clients.

import {type Command, InvalidArgumentError} from 'commander';
import {callGateway} from '../business/gateway-call.ts';
import {apiPaths, type DisconnectBody} from '../protocol/api.ts';
import {readAnswer, reportAnswer} from './answer.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {plural} from './output.ts';
import {addTargetOptions, resolveTarget, type TargetFlags} from './target.ts';

interface KickFlags extends TargetFlags {
  readonly user?: string;
  readonly channel?: string;
  readonly prefix?: string;
  readonly code?: number;
  readonly reason?: string;
  readonly after?: number;
  readonly json?: true;
}

const callTimeoutMs = 10_000;

const examples = `
Exits with 1 if no client was disconnected.

Examples:
  rainbow kick 5f3a…                                   one client
  rainbow kick --user ann --reason 'signed out'        all devices of a person
  rainbow kick --channel room-1 --code 4001            the members of a channel, with a code of your own
  rainbow kick --prefix load-test- --after 30          they may come back in 30 s`;

/** Adds the command. */
export function addKick(program: Command): void {
  const command = program
    .command('kick')
    .summary('disconnect clients')
    .description('Disconnects clients: one, those of a user, the members of a channel, or identities with a prefix.')
    .argument('[IDENTITY]', 'identity of the connection')
    .option('--user <USER>', 'all connections of this user, whom the business server named')
    .option('--channel <CHANNEL>', 'all members of this channel')
    .option('--prefix <TEXT>', 'all whose identity begins with this text')
    .option('--code <CODE>', 'close code: 1000, 1001, or 4000 to 4999 (default: 4152)', readWholeNumber)
    .option('--reason <TEXT>', 'reason in the close frame')
    .option('--after <SECONDS>', 'clients come back by themselves, and not before this time', readSeconds)
    .option('--json', "print the gateway's answer as JSON");
  addTargetOptions(command).addHelpText('after', examples).action(kick);
}

async function kick(identity: string | undefined, flags: KickFlags): Promise<void> {
  const {user, channel, prefix, code, reason, after} = flags;
  const targets = Object.entries({identity, user, channel, prefix}).filter(([, value]) => value !== undefined);
  if (targets.length !== 1) {
    const got = targets.length === 0 ? 'none' : targets.map(([name]) => name).join(' and ');
    throw new CommandFailure(exitCodes.usage, `expected one of IDENTITY, --user, --channel and --prefix, got ${got}.`);
  }
  const body: DisconnectBody = {
    ...Object.fromEntries(targets),
    ...(code !== undefined && {code}),
    ...(reason !== undefined && {reason}),
    ...(after !== undefined && {reconnectAfterMs: after * 1000}),
  };
  const outcome = await callGateway(resolveTarget(flags), {
    method: 'POST',
    path: apiPaths.disconnect,
    body: JSON.stringify(body),
    timeoutMs: callTimeoutMs,
  });
  const read = readAnswer(outcome);
  reportAnswer(read, flags.json === true, ({connections, partial}) => [
    `${plural(typeof connections === 'number' ? connections : 0, 'client')} disconnected`,
    ...(partial === true ? ['a thread or a node did not answer; its clients are not counted'] : []),
  ]);
  if (read.kind === 'answer' && read.answer.connections === 0) process.exitCode = exitCodes.failure;
}

function readWholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('Expected a whole number.');
  return Number(text);
}

function readSeconds(text: string): number {
  if (!/^\d{1,9}(?:\.\d{1,3})?$/.test(text)) throw new InvalidArgumentError('Expected a number of seconds.');
  return Number(text);
}
