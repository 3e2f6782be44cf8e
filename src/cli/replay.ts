// `rainbow replay`: shows a recording in the inspector's page. A small server on loopback hands out the page and the file,
// and nothing else; no gateway is needed.

import {createReadStream, statSync} from 'node:fs';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {type Command, InvalidArgumentError} from 'commander';
import {type PageFile, pagePolicy, readPageFiles} from '../gateway/inspector-files.ts';
import type {TraceHeader} from '../protocol/trace.ts';
import {inspectorPaths} from '../protocol/trace-feed.ts';
import {isTraceEvent, TraceFault, TraceReader, traceContentType} from '../protocol/trace-lines.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {untilInterrupted} from './interruption.ts';
import {plural, printable, printJson, printLine} from './output.ts';

interface ReplayFlags {
  readonly port: number;
  readonly json?: true;
}

const host = '127.0.0.1';

/** Adds the command. */
export function addReplay(program: Command): void {
  program
    .command('replay')
    .summary('show a recording in the browser')
    .description('Serves the inspector and a recording on this machine alone, until interrupted.')
    .argument('<FILE>', 'what `rainbow record`, or a failing simulation, wrote')
    .option('-p, --port <PORT>', 'port on 127.0.0.1 (default: a free one)', readPort, 0)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  rainbow replay today.trace')
    .action(replay);
}

async function replay(path: string, flags: ReplayFlags): Promise<void> {
  const {header, events} = await checkRecording(path);
  const files = readPageFiles();
  if (files.size === 0)
    throw new CommandFailure(exitCodes.failure, 'the page is not there: npm run build:pages makes it.');
  const server = createServer((request, response) => serve(path, files, request, response));
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(new CommandFailure(exitCodes.failure, error.message)));
    server.listen(flags.port, host, resolve);
  });
  const url = `http://${host}:${(server.address() as AddressInfo).port}${inspectorPaths.page}`;
  const {note} = header;
  if (flags.json) printJson({url, events, ...(note !== undefined && {note})});
  else {
    printLine(
      `${plural(events, 'event')} of ${printable(header.source)}${note === undefined ? '' : `: ${printable(note)}`}`,
    );
    printLine(`open ${url}`);
  }
  await new Promise<void>((resolve) => {
    untilInterrupted().signal.addEventListener('abort', () => resolve(), {once: true});
  });
  server.close();
  server.closeAllConnections();
}

/** Reads it to its end, so that a fault is told here and not in the page. */
async function checkRecording(path: string): Promise<{readonly header: TraceHeader; readonly events: number}> {
  const reader = new TraceReader();
  let header: TraceHeader | undefined;
  let events = 0;
  try {
    for await (const text of createReadStream(path, 'utf8')) {
      for (const line of reader.read(String(text))) {
        if (line.kind === 'header') header = line;
        else if (isTraceEvent(line)) events++;
      }
    }
  } catch (error) {
    const isFault = error instanceof TraceFault;
    const message = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(exitCodes.failure, isFault ? `${path} is no recording: ${message}` : message);
  }
  if (header === undefined) throw new CommandFailure(exitCodes.failure, `${path} is no recording: it is empty`);
  return {header, events};
}

function serve(
  path: string,
  files: ReadonlyMap<string, PageFile>,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const wanted = /^[^?#]*/.exec(request.url ?? '')?.[0] ?? '';
  // A page elsewhere whose name was pointed at this machine must not read it.
  const isOurs = /^(?:127\.0\.0\.1|localhost)(?::\d+)?$/.test(request.headers.host ?? '');
  const file = files.get(wanted);
  if (!isOurs || request.method !== 'GET') {
    response.writeHead(isOurs ? 405 : 421, pagePolicy).end();
  } else if (wanted === '/') {
    response.writeHead(302, {...pagePolicy, location: inspectorPaths.page}).end();
  } else if (wanted === inspectorPaths.recording) {
    const length = statSync(path).size;
    response.writeHead(200, {...pagePolicy, 'content-type': traceContentType, 'content-length': length});
    createReadStream(path)
      .on('error', () => response.destroy())
      .pipe(response);
  } else if (file === undefined) {
    response.writeHead(404, pagePolicy).end();
  } else {
    response.writeHead(200, {...pagePolicy, 'content-type': file.contentType}).end(file.bytes);
  }
}

function readPort(text: string): number {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) throw new InvalidArgumentError('Expected a port, 0 to 65535.');
  return Number(text);
}
