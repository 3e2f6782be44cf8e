// `rainbow check`: does the gateway answer, do token and clock agree, is the business server there. Changes nothing: its
// one signed call takes a client that does not exist out of a channel that does not either.

import type {Command} from 'commander';
import {type CallOutcome, callGateway, callUrl, type GatewayTarget} from '../business/gateway-call.ts';
import {systemClock} from '../core/clock.ts';
import {hideUrlSecrets} from '../gateway/configuration-urls.ts';
import {apiPaths} from '../protocol/api.ts';
import {describeRefusal, readAnswer} from './answer.ts';
import {exitCodes} from './exit.ts';
import {printable, printJson, printLine} from './output.ts';
import {readSettings} from './settings.ts';
import {addTargetOptions, resolveTarget, type TargetFlags} from './target.ts';

interface CheckFlags extends TargetFlags {
  readonly json?: true;
}

/** One thing looked at. */
interface Finding {
  readonly name: 'gateway' | 'credentials' | 'connect_url' | 'forward_url' | 'close_url';
  readonly ok: boolean;
  readonly detail: string;
}

const callTimeoutMs = 5_000;
const absentName = 'rainbow-check';

/** Adds the command. */
export function addCheck(program: Command): void {
  const command = program
    .command('check')
    .summary('check that a gateway can be called')
    .description(
      'Checks that the gateway answers, that it accepts the token or key and the clocks agree, and with -f FILE that ' +
        'the business server of the file can be reached.',
    )
    .argument('[URL]', 'gateway to check; the same as --url')
    .option('--json', 'print the findings as JSON');
  addTargetOptions(command)
    .addHelpText('after', '\nExamples:\n  rainbow check\n  rainbow check -f config/server.ini https://push.example.com')
    .action(check);
}

async function check(url: string | undefined, flags: CheckFlags): Promise<void> {
  const target = resolveTarget(url === undefined ? flags : {...flags, url});
  const findings = [await checkGateway(target)];
  if (findings[0]?.ok) findings.push(await checkCredentials(target));
  if (flags.config !== undefined) findings.push(...(await checkBusinessServer(flags.config)));
  const isGood = findings.every(({ok}) => ok);
  process.exitCode = isGood ? exitCodes.success : exitCodes.failure;
  if (flags.json) printJson({ok: isGood, url: target.url, findings});
  else for (const {name, ok, detail} of findings) printLine(`${ok ? 'ok  ' : 'FAIL'}  ${name.padEnd(11)}  ${detail}`);
}

async function checkGateway(target: GatewayTarget): Promise<Finding> {
  const outcome = await callUrl(`${target.url}${apiPaths.hello}`, {method: 'GET', timeoutMs: callTimeoutMs});
  const name = 'gateway';
  if (outcome.kind === 'failed') return {name, ok: false, detail: outcome.message};
  const isRainbow = outcome.httpStatus === 200 && outcome.text.trim() === 'ok';
  if (isRainbow) return {name, ok: true, detail: `${target.url} answers in ${outcome.tookMs.toFixed(0)} ms`};
  const got = `HTTP status ${outcome.httpStatus}`;
  return {
    name,
    ok: false,
    detail: `expected ok from ${target.url}${apiPaths.hello}, got ${got}: not a Rainbow gateway?`,
  };
}

async function checkCredentials(target: GatewayTarget): Promise<Finding> {
  const outcome = await callGateway(target, {
    method: 'POST',
    path: apiPaths.unsubscribe,
    body: JSON.stringify({identity: absentName, channel: absentName}),
    timeoutMs: callTimeoutMs,
  });
  const read = readAnswer(outcome);
  const name = 'credentials';
  if (read.kind === 'none') return {name, ok: false, detail: printable(read.why)};
  const {answer} = read;
  if (answer.status !== 0)
    return {name, ok: false, detail: describeFault(target, answer.code, describeRefusal(answer), outcome)};
  if (target.credentials.kind === 'key') return {name, ok: true, detail: 'the key is accepted'};
  return {name, ok: true, detail: `the token is the gateway's, and the clocks agree${describeSkew(outcome)}`};
}

function describeFault(target: GatewayTarget, code: unknown, refusal: string, outcome: CallOutcome): string {
  if (code === 'RB_SIGNATURE_EXPIRED') {
    return `the clocks differ by more than a signature allows${describeSkew(outcome)}: ${refusal}`;
  }
  const isWrong = code === 'RB_SIGNATURE' || code === 'RB_API_KEY';
  return isWrong ? `the ${target.credentials.kind} is not the gateway's: ${refusal}` : refusal;
}

/** What the Date header tells, which has whole seconds: below 2 s there is nothing to tell. */
function describeSkew(outcome: CallOutcome): string {
  if (outcome.kind === 'failed' || outcome.dateMs === undefined) return '';
  const aheadMs = systemClock.wallNow() - outcome.dateMs;
  if (Math.abs(aheadMs) < 2_000) return ' within 2 s';
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  return `: this machine's is about ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the gateway's`;
}

async function checkBusinessServer(file: string): Promise<readonly Finding[]> {
  const {connectUrl, forwardUrl, closeUrl} = readSettings({config: file}).options;
  const messageUrl = forwardUrl.replaceAll('{{message_type}}', '0').replaceAll('{message_type}', '0');
  return await Promise.all([
    checkUrl('connect_url', connectUrl),
    checkUrl('forward_url', messageUrl),
    checkUrl('close_url', closeUrl),
  ]);
}

// Unsigned and without a body, so that no business server can take it for a call of the gateway's.
async function checkUrl(name: Finding['name'], url: string): Promise<Finding> {
  const outcome = await callUrl(url, {method: 'HEAD', timeoutMs: callTimeoutMs});
  if (outcome.kind === 'failed') return {name, ok: false, detail: printable(outcome.message)};
  const detail = `${hideUrlSecrets(url)} answers, with HTTP status ${outcome.httpStatus} to a HEAD request`;
  return {name, ok: outcome.httpStatus < 500, detail};
}
