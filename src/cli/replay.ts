// `rainbow replay`: shows a recording in the inspector's page. A small server on loopback hands out the page and the file,
// and nothing else; no gateway is needed.

import {once} from 'node:events';
import {createReadStream} from 'node:fs';
import {createServer, type IncomingMessage, type ServerResponse} from 'node:http';
import type {AddressInfo} from 'node:net';
import {type Command, InvalidArgumentError} from 'commander';
import {readWhole} from '../core/decimal.ts';
import {type PageFile, pagePolicy, readPageFiles} from '../gateway/admin/inspector-files.ts';
import {inspectorPaths} from '../story/trace-feed.ts';
import {traceContentType} from '../story/trace-lines.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {untilInterrupted} from './interruption.ts';
import {plural, printable, printJson, printLine} from './output.ts';
import {readRecording} from './recording.ts';
import {describeListenError} from './system-error.ts';

interface ReplayFlags {
  readonly port?: number;
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
    .option('-p, --port <PORT>', 'port on 127.0.0.1 (default: a free one)', readPort)
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  rainbow replay today.trace')
    .action(replay);
}

async function replay(path: string, flags: ReplayFlags): Promise<void> {
  const {header, events, isCut} = await readRecording(path);
  const files = readPageFiles();
  if (files.size === 0)
    throw new CommandFailure(exitCodes.failure, 'the page is not there: npm run build:pages makes it.');
  const interruption = untilInterrupted();
  const server = createServer((request, response) => serve(path, files, request, response));
  await new Promise<void>((resolve, reject) => {
    const port = flags.port ?? 0;
    server.once('error', (error) =>
      reject(new CommandFailure(exitCodes.failure, describeListenError({host, port}, error))),
    );
    server.listen(port, host, resolve);
  });
  const url = `http://${host}:${(server.address() as AddressInfo).port}${inspectorPaths.page}`;
  const {note} = header;
  if (flags.json) printJson({url, events, isCut, ...(note !== undefined && {note})});
  else {
    printLine(
      `${plural(events, 'event')} of ${printable(header.source)}${note === undefined ? '' : `: ${printable(note)}`}`,
    );
    if (isCut) printLine('its last line is cut off; all before it is shown');
    printLine(`open ${url}`);
  }
  if (!interruption.signal.aborted) await once(interruption.signal, 'abort');
  server.close();
  server.closeAllConnections();
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
  } else if (wanted === '/' || `${wanted}/` === inspectorPaths.page) {
    response.writeHead(302, {...pagePolicy, location: inspectorPaths.page}).end();
  } else if (wanted === inspectorPaths.recording) {
    sendRecording(path, response);
  } else if (file === undefined) {
    response.writeHead(404, pagePolicy).end();
  } else {
    response.writeHead(200, {...pagePolicy, 'content-type': file.contentType}).end(file.bytes);
  }
}

/** 404 where it was moved away meanwhile. */
function sendRecording(path: string, response: ServerResponse): void {
  const file = createReadStream(path);
  file.once('open', () => response.writeHead(200, {...pagePolicy, 'content-type': traceContentType}));
  file.on('error', () => {
    if (response.headersSent) response.destroy();
    else response.writeHead(404, pagePolicy).end();
  });
  response.once('close', () => file.destroy());
  file.pipe(response);
}

function readPort(text: string): number {
  const port = readWhole(text, 0, 65_535);
  if (port === undefined) throw new InvalidArgumentError('Expected a port, 0 to 65535.');
  return port;
}
