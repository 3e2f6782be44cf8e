// `rainbow sub` and `rainbow unsub`: put a connected client into a channel, or take it out.

import type {Command} from 'commander';
import {callGateway} from '../business/gateway-call.ts';
import {apiPaths, type SubscribeBody} from '../protocol/api.ts';
import {readAnswer, reportAnswer} from './answer.ts';
import {printable} from './output.ts';
import {addTargetOptions, resolveTarget, type TargetFlags} from './target.ts';

interface SubscriptionFlags extends TargetFlags {
  readonly occupy?: true;
  readonly json?: true;
}

const callTimeoutMs = 10_000;

/** Adds `sub`. */
export function addSub(program: Command): void {
  const command = program
    .command('sub')
    .summary('put a client into a channel')
    .description('Puts a connected client into a channel.')
    .argument('<IDENTITY>', 'identity of the connection, as the business server got it in RAINBOWCLIENTIDENTITY')
    .argument('<CHANNEL>', 'channel')
    .option('--occupy', 'take every other client out of the channel')
    .option('--json', "print the gateway's answer as JSON");
  addTargetOptions(command)
    .addHelpText('after', '\nExamples:\n  rainbow sub 5f3a… room-1\n  rainbow sub 5f3a… driver-seat --occupy')
    .action(async (identity: string, channel: string, flags: SubscriptionFlags) => {
      const body: SubscribeBody = {identity, channel, ...(flags.occupy && {occupy: 1})};
      const rest = flags.occupy ? ' alone' : '';
      await change(apiPaths.subscribe, body, flags, `is in ${printable(channel)} now${rest}`);
    });
}

/** Adds `unsub`. */
export function addUnsub(program: Command): void {
  const command = program
    .command('unsub')
    .summary('take a client out of a channel')
    .description('Takes a client out of a channel; also succeeds if it was not in it, or does not exist.')
    .argument('<IDENTITY>', 'identity of the connection')
    .argument('<CHANNEL>', 'channel')
    .option('--json', "print the gateway's answer as JSON");
  addTargetOptions(command)
    .addHelpText('after', '\nExample:\n  rainbow unsub 5f3a… room-1')
    .action(async (identity: string, channel: string, flags: SubscriptionFlags) => {
      await change(apiPaths.unsubscribe, {identity, channel}, flags, `is not in ${printable(channel)} now`);
    });
}

async function change(path: string, body: SubscribeBody, flags: SubscriptionFlags, result: string): Promise<void> {
  const outcome = await callGateway(resolveTarget(flags), {
    method: 'POST',
    path,
    body: JSON.stringify(body),
    timeoutMs: callTimeoutMs,
  });
  reportAnswer(readAnswer(outcome), flags.json === true, () => [`${printable(body.identity)} ${result}`]);
}
