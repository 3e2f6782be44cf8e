// `rainbow trace`: where a message went, what happened to a client, or live events, as a ladder of packets.

import type {Command} from 'commander';
import {callGateway, type GatewayTarget} from '../business/gateway-call.ts';
import type {ApiAnswer} from '../business/send-result.ts';
import {readWhole} from '../core/decimal.ts';
import {apiPaths, messageIdFormat} from '../protocol/api.ts';
import {duration} from '../story/duration.ts';
import type {TraceEvent} from '../story/trace.ts';
import {isTraceEvent, TraceReader} from '../story/trace-lines.ts';
import {readAnswer, reportAnswer} from './answer.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {readFeed} from './feed-call.ts';
import {untilInterrupted} from './interruption.ts';
import {Ladder} from './ladder.ts';
import {printable, printLine} from './output.ts';
import {addTargetOptions, resolveTarget, type TargetFlags} from './target.ts';
import {addSelectionOptions, type SelectionFlags, selectionOf} from './trace-selection.ts';

interface TraceFlags extends TargetFlags, SelectionFlags {
  readonly follow?: true;
  readonly on?: string | true;
  readonly off?: true;
  readonly payloads?: true;
  readonly json?: true;
}

const callTimeoutMs = 15_000;
const switchSecondsDefault = 600;
const switchSecondsMax = 86_400;

const examples = `
An event that was not traced cannot be shown later: set trace = on in the configuration, or use --on.

Examples:
  rainbow trace p5f3a81c21                     what happened to a publication; send prints its id
  rainbow trace p5f3a81c21 -i 5f3a…            why this client did not get it
  rainbow trace -i 5f3a…                       all that is known about a client
  rainbow trace --follow -c room-1             packets as they are sent and received
  rainbow trace --on 3600 -c room-1            trace a channel for an hour
  rainbow trace --off`;

/** Adds the command. */
export function addTrace(program: Command): void {
  const command = program
    .command('trace')
    .summary('show what happened to a message')
    .description('Shows what happened to a message or a client, or follows events live.')
    .argument('[ID]', 'id of a publication (p…) or of a message of a client (m…)')
    .option('--follow', 'print what happens from now on, until interrupted')
    .option('--on [SECONDS]', `trace the selection from now on, for SECONDS (default: ${switchSecondsDefault})`)
    .option('--off', 'stop tracing that --on started')
    .option('--payloads', 'with --on and --follow: keep payloads and answers; with ID: show those kept')
    .option('--json', 'print JSON');
  addTargetOptions(addSelectionOptions(command)).addHelpText('after', examples).action(trace);
}

async function trace(id: string | undefined, flags: TraceFlags): Promise<void> {
  const wanted = [flags.follow, flags.on, flags.off].filter((flag) => flag !== undefined).length;
  if (wanted > 1) throw new CommandFailure(exitCodes.usage, 'expected one of --follow, --on and --off.');
  const target = resolveTarget(flags);
  if (flags.follow) await follow(target, flags);
  else if (flags.on !== undefined || flags.off) await turn(target, flags);
  else await tell(target, id, flags);
}

async function tell(target: GatewayTarget, id: string | undefined, flags: TraceFlags): Promise<void> {
  const [identity, ...more] = flags.identity ?? [];
  if (id === undefined && identity === undefined) {
    throw new CommandFailure(exitCodes.usage, 'expected an ID, --identity ID, --follow, --on or --off.');
  }
  if (id !== undefined && !messageIdFormat.test(id)) {
    const expected = "expected ID to be p… from the answer of send, or a client's m… from RAINBOWMESSAGEID";
    throw new CommandFailure(exitCodes.usage, `${expected}, got ${printable(id)}. For a client use --identity ID.`);
  }
  if (more.length > 0) throw new CommandFailure(exitCodes.usage, 'expected one --identity.');
  const query = new URLSearchParams({
    ...(id !== undefined && {message: id}),
    ...(identity !== undefined && {identity}),
    ...(flags.payloads === true && {payloads: '1'}),
  });
  const outcome = await callGateway(target, {
    method: 'GET',
    path: apiPaths.trace,
    query: query.toString(),
    timeoutMs: callTimeoutMs,
  });
  const read = readAnswer(outcome);
  const unknown = read.kind === 'answer' && read.answer.status === 0 && read.answer.isKnown === false;
  if (unknown && !flags.json) {
    const {answer} = read;
    throw new CommandFailure(exitCodes.failure, printable(String(answer.headline)), whyUnknown(answer));
  }
  reportAnswer(read, flags.json === true, describeStory);
  if (unknown) process.exitCode = exitCodes.failure;
}

/** What of the configuration explains it, and what to do. */
function whyUnknown({traceRate, traceKeepMs}: ApiAnswer): string {
  const rate = Number(traceRate);
  const kept = `events are kept for ${duration(Number(traceKeepMs))}, fewer where there are more than trace_events`;
  if (rate === 1) return `Tracing is on (trace = on); ${kept}.`;
  const advice = 'For what comes from now on: rainbow trace --on, or trace = on in the configuration.';
  if (rate === 0)
    return `Tracing is off (trace = off), but for what --on or a reader of the trace has chosen. ${advice}`;
  return `Tracing covers a share of ${rate} of all (trace = ${rate}); ${kept}. ${advice}`;
}

function describeStory(answer: ApiAnswer): readonly string[] {
  const lines = [printable(String(answer.headline))];
  for (const part of listOf(answer.parts)) {
    const {identity, text, rule} = part as {identity?: unknown; text?: unknown; rule?: unknown};
    const line = printable(`${String(identity)}: ${String(text)}`);
    // With one client the headline has said it.
    if (lines[0]?.endsWith(line) !== true) lines.push(`  ${line}${typeof rule === 'string' ? ` (${rule})` : ''}`);
  }
  // The gateway's own answer, of this version.
  const events = listOf(answer.events) as readonly TraceEvent[];
  if (events.length === 0) return lines;
  if (answer.isCut === true) lines.push(`  the latest ${events.length} events:`);
  const hasThreads = new Set(events.map(({thread}) => thread)).size > 1;
  const ladder = new Ladder({at: Number(answer.at), wallMs: Number(answer.wallMs), hasThreads});
  return [...lines, '', ...ladder.draw(events)];
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

async function turn(target: GatewayTarget, flags: TraceFlags): Promise<void> {
  const seconds = flags.off
    ? 0
    : flags.on === true
      ? switchSecondsDefault
      : readWhole(flags.on ?? '', 1, switchSecondsMax);
  if (seconds === undefined) {
    const expected = `expected --on with whole seconds from 1 to ${switchSecondsMax}`;
    throw new CommandFailure(exitCodes.usage, `${expected}, got ${flags.on}.`);
  }
  const selection = selectionOf(flags, flags.payloads === true);
  const outcome = await callGateway(target, {
    method: 'POST',
    path: apiPaths.trace,
    body: JSON.stringify({...selection, seconds}),
    timeoutMs: callTimeoutMs,
  });
  const done = flags.off ? 'switched off' : `tracing for ${seconds} s`;
  reportAnswer(readAnswer(outcome), flags.json === true, (answer) => [
    answer.partial === true ? `${done}; not on all nodes and threads of the cluster` : done,
  ]);
}

async function follow(target: GatewayTarget, flags: TraceFlags): Promise<void> {
  const reader = new TraceReader();
  let ladder: Ladder | undefined;
  const interruption = untilInterrupted();
  const query = {selection: selectionOf(flags, flags.payloads === true), snapshots: false, roster: false, past: 0};
  const show = (text: string): void => {
    if (flags.json) {
      process.stdout.write(text);
      return;
    }
    for (const line of reader.read(text)) {
      if (line.kind === 'header') {
        ladder = new Ladder({at: line.at, wallMs: line.wallMs, hasThreads: line.threads > 1});
        printLine(ladder.begin());
      } else if (line.kind === 'coverage') printLine(`... shown from here on: ${printable(line.text)} ...`);
      else if (line.kind === 'lost') printLine(`... ${line.count} events of thread ${line.thread} were lost ...`);
      else if (isTraceEvent(line)) for (const drawn of ladder?.draw([line]) ?? []) printLine(drawn);
    }
  };
  await readFeed(target, query, show, interruption.signal);
}
