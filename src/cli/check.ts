// `rainbow check`: does the gateway answer, do token and clock agree, does the business server answer as it should. The one
// call to the gateway changes nothing: it takes a client that does not exist out of a channel that does not either.

import type {Command} from 'commander';
import {type CallOutcome, callGateway, callUrl, type GatewayTarget} from '../business/gateway-call.ts';
import {systemClock} from '../core/clock.ts';
import {apiPaths} from '../protocol/api.ts';
import {describeRefusal, readAnswer} from './answer.ts';
import type {Finding} from './check/finding.ts';
import {exitCodes} from './exit.ts';
import {collect, readHeaders, readType} from './message-options.ts';
import {printable, printJson, printLine} from './output.ts';
import {readSettings} from './settings.ts';
import {addTargetOptions, findFile, resolveTarget, type TargetFlags} from './target.ts';

interface CheckFlags extends TargetFlags {
  readonly header?: readonly string[];
  readonly type?: number;
  readonly json?: true;
}

const callTimeoutMs = 5_000;
const absentName = 'rainbow-check';

const help = `
The business server gets the calls that a client causes which connects and leaves again, signed, from this machine:
  connect_url  a connect call with the identity rainbow-check-RANDOM, without headers of a client but those of -H
  forward_url  with --type an empty message of that type; without it a GET that is not signed, which only shows a redirect
  close_url    the close call, where the connect call was answered yes; else only a connection is made
With -H the answer may name the identity of a real user: the business server then sees that user come and go.
A refusal in JSON of the client without headers counts as ok: the business server answered a signed call as it should.

Examples:
  rainbow check
  rainbow check -f config/server.ini -H 'name: ann' -t 7 https://push.example.com`;

/** Adds the command. */
export function addCheck(program: Command): void {
  const command = program
    .command('check')
    .summary('check that a gateway can be called')
    .description(
      'Checks that the gateway answers, that it accepts the token or key, that the clocks agree, and that the business ' +
        'server of the configuration file answers the calls of a gateway.',
    )
    .argument('[URL]', 'gateway to check; the same as --url')
    .option('-H, --header <LINE>', 'header of the client in the connect call, as "name: ann"; may be repeated', collect)
    .option('-t, --type <N>', 'send the business server an empty message of this type', readType)
    .option('--json', 'print the findings as JSON');
  addTargetOptions(command).addHelpText('after', help).action(check);
}

async function check(url: string | undefined, flags: CheckFlags): Promise<void> {
  const target = resolveTarget(url === undefined ? flags : {...flags, url});
  const findings = [await checkGateway(target)];
  if (findings[0]?.ok) findings.push(await checkCredentials(target));
  findings.push(...(await checkBusinessServer(target, flags)));
  const isGood = findings.every(({ok}) => ok);
  process.exitCode = isGood ? exitCodes.success : exitCodes.failure;
  if (flags.json) printJson({ok: isGood, url: target.url, findings});
  else for (const finding of findings) printLine(describe(finding));
}

async function checkGateway(target: GatewayTarget): Promise<Finding> {
  const outcome = await callUrl(`${target.url}${apiPaths.hello}`, {
    method: 'GET',
    timeoutMs: callTimeoutMs,
    fetch: target.fetch,
  });
  const name = 'gateway';
  if (outcome.kind === 'failed') return {name, ok: false, detail: outcome.message};
  const isRainbow = outcome.httpStatus === 200 && outcome.text.trim() === 'ok';
  if (isRainbow) return {name, ok: true, detail: `${target.url} answers in ${outcome.tookMs.toFixed(0)} ms`};
  const got = `HTTP status ${outcome.httpStatus}`;
  return {
    name,
    ok: false,
    detail: `${target.url}${apiPaths.hello} answers with ${got} instead of ok: not a Rainbow gateway? Correct the host and port.`,
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

/** The clock difference by the Date header, which has whole seconds: below 2 s it cannot be measured. */
function describeSkew(outcome: CallOutcome): string {
  if (outcome.kind === 'failed' || outcome.dateMs === undefined) return '';
  const aheadMs = systemClock.wallNow() - outcome.dateMs;
  if (Math.abs(aheadMs) < 2_000) return ' within 2 s';
  const seconds = Math.round(Math.abs(aheadMs) / 1000);
  return `: this machine's is about ${seconds} s ${aheadMs > 0 ? 'ahead of' : 'behind'} the gateway's`;
}

/** Of the file that was given, or of the one in its place; none where there is neither. */
async function checkBusinessServer({credentials}: GatewayTarget, flags: CheckFlags): Promise<readonly Finding[]> {
  const file = findFile(flags);
  if (file === undefined) return [];
  const {options} = readSettings({config: file});
  const securityToken = credentials.kind === 'token' ? credentials.token : options.securityToken;
  const headers = readHeaders(flags.header ?? []);
  // Loaded here: with the gateway's HTTP client.
  const {checkBusiness} = await import('./check/business-check.ts');
  return await checkBusiness({options, securityToken, headers, type: flags.type});
}

function describe({name, ok, isCalled, detail}: Finding): string {
  const verdict = ok ? (isCalled === false ? '-   ' : 'ok  ') : 'FAIL';
  return `${verdict}  ${name.padEnd(11)}  ${printable(detail)}`;
}
