// What a person or a program sees of the calls and answers of the stub business server, on standard output.

import {styleText} from 'node:util';
import {readPlace} from '../../business/call-place.ts';
import {decodeHeader} from '../../business/header-text.ts';
import {checkSignature} from '../../business/signature-check.ts';
import {headerIdentity, headerMessage} from '../../protocol/header-name.ts';
import {printable, printJson, printLine} from '../output.ts';

/** A call as it came. */
export interface ShownCall {
  /** Counts from 1. */
  readonly call: number;
  readonly wallMs: number;
  readonly request: Request;
  readonly token: string;
  readonly body: Uint8Array | 'tooLarge' | 'broken';
  /** Whether a message of this id came before. */
  readonly isRepeat: boolean;
}

/** An answer as it goes. */
export interface ShownAnswer {
  /** The call it answers. */
  readonly call: number;
  readonly tookMs: number;
  readonly response: Response;
  readonly body: Uint8Array;
}

/** Shows calls and answers, each once, in the order in which they happen. */
export interface Display {
  showCall(call: ShownCall): void;
  showAnswer(answer: ShownAnswer): void;
}

/** One JSON object a line. */
export const jsonDisplay: Display = {
  showCall({call, wallMs, request, token, body, isRepeat}) {
    const {kind, type, identity, message, signature, detail} = readFacts(request, token, wallMs);
    printJson({
      event: 'business.called',
      call,
      time: new Date(wallMs).toISOString(),
      kind,
      ...(type !== undefined && {type}),
      identity,
      ...(message !== '' && {message, isRepeat}),
      signature,
      ...(detail !== undefined && {detail}),
      headers: headersOf(request),
      ...(typeof body === 'string' ? {fault: body} : jsonBody(body)),
    });
  },
  showAnswer({call, tookMs, response, body}) {
    const {status} = response;
    printJson({
      event: 'business.answered',
      call,
      status,
      tookMs: Math.round(tookMs),
      headers: headersOf(response),
      ...jsonBody(body),
    });
  },
};

/** Lines for a person, in colour where standard output is a terminal that wants it. */
export const textDisplay: Display = {
  showCall({call, wallMs, request, token, body, isRepeat}) {
    const {kind, type, identity, message, signature, detail} = readFacts(request, token, wallMs);
    const time = new Date(wallMs).toISOString().slice(11, 23);
    const what =
      kind === 'other' ? `${request.method} ${new URL(request.url).pathname}` : `${kind} ${type ?? ''}`.trim();
    const signed = detail === undefined ? paint('green', 'signature ok') : paint('red', `${signature}: ${detail}`);
    const repeat = isRepeat ? paint('yellow', ', again') : '';
    printLine(`${paint('dim', time)} #${call} ${paint('bold', printable(what))} ${signed}`);
    if (identity !== '')
      printLine(`  from ${printable(identity)}${message === '' ? '' : `, message ${printable(message)}`}${repeat}`);
    showHeaders(headersOf(request));
    if (typeof body === 'string') printLine(paint('red', `  the body is ${body === 'tooLarge' ? 'too large' : body}`));
    else showBody(body);
  },
  showAnswer({call, tookMs, response, body}) {
    const {status} = response;
    const colour = status < 300 ? 'green' : 'red';
    printLine(
      `  ${paint('dim', 'answer to')} #${call} ${paint(colour, String(status))} ${paint('dim', `in ${tookMs.toFixed(0)} ms`)}`,
    );
    showHeaders(headersOf(response));
    showBody(body);
  },
};

type Style = Parameters<typeof styleText>[0];

function paint(style: Style, text: string): string {
  return styleText(style, text, {stream: process.stdout});
}

function readFacts(request: Request, token: string, wallMs: number) {
  const url = new URL(request.url);
  const place = readPlace(url.pathname);
  const verdict = checkSignature(token, url.searchParams, wallMs);
  const isFaulty = 'code' in verdict;
  return {
    kind: place?.kind ?? 'other',
    type: place?.type,
    identity: request.headers.get(headerIdentity) ?? '',
    message: request.headers.get(headerMessage) ?? '',
    signature: isFaulty ? verdict.code : 'ok',
    detail: isFaulty ? verdict.detail : undefined,
  };
}

/** Of the connection, or shown elsewhere. */
const headersNotShown: ReadonlySet<string> = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'host',
  'transfer-encoding',
  headerIdentity.toLowerCase(),
  headerMessage.toLowerCase(),
]);

function headersOf({headers}: Request | Response): Readonly<Record<string, string>> {
  const shown = [...headers].filter(([name]) => !headersNotShown.has(name));
  return Object.fromEntries(shown.map(([name, value]) => [name, decodeHeader(value)]));
}

function showHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers)) {
    printLine(`    ${paint('cyan', printable(name))}: ${printable(value)}`);
  }
}

/** Characters of a body that a person is shown. */
const bodyLengthMax = 2_000;

function showBody(bytes: Uint8Array): void {
  if (bytes.length === 0) return;
  const {body, encoding} = jsonBody(bytes);
  const more = body.length > bodyLengthMax ? paint('dim', ` … ${bytes.length} bytes`) : '';
  printLine(
    `    ${encoding === undefined ? '' : paint('dim', 'base64 ')}${printable(body.slice(0, bodyLengthMax))}${more}`,
  );
}

const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

function jsonBody(bytes: Uint8Array): {readonly body: string; readonly encoding?: 'base64'} {
  try {
    return {body: utf8.decode(bytes)};
  } catch {
    // Not text.
    return {body: Buffer.from(bytes).toString('base64'), encoding: 'base64'};
  }
}
