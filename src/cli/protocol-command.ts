// `rainbow protocol`: packets, charts, rules and codes of this version, for people and for generators of clients; and
// the interfaces of its servers in the forms that others' tools read.

import type {Command} from 'commander';
import type {ProtocolDocument} from '../gateway/documents/protocol-document.ts';
import {CommandFailure, exitCodes} from './exit.ts';
import {printJson, printLine} from './output.ts';

/** Adds the command. */
export function addProtocol(program: Command): void {
  program
    .command('protocol')
    .summary('print the protocol')
    .description('Prints the packets, the charts, the rules and the codes of this version.')
    .option('--json', 'print all of it as JSON, for generators of clients in other languages')
    .option('--openapi', 'print the HTTP API as an OpenAPI 3.1 document, as JSON')
    .option('--asyncapi', 'print the WebSocket side and the calls to the business server as an AsyncAPI 3 document')
    .addHelpText('after', examples)
    .action(printProtocol);
}

interface ProtocolFlags {
  readonly json?: true;
  readonly openapi?: true;
  readonly asyncapi?: true;
}

const examples = `
A gateway serves the same: /.well-known/rainbow-protocol.json, /openapi.json and /asyncapi.json.

Examples:
  rainbow protocol
  rainbow protocol --json > rainbow-protocol.json
  rainbow protocol --openapi > openapi.json`;

async function printProtocol({json, openapi, asyncapi}: ProtocolFlags): Promise<void> {
  if (openapi && asyncapi) throw new CommandFailure(exitCodes.usage, 'expected --openapi or --asyncapi, got both.');
  // Each loaded where it is printed: they take the charts and the schemas of the API.
  if (openapi) {
    printJson((await import('../gateway/documents/openapi-document.ts')).openapiDocument());
  } else if (asyncapi) {
    printJson((await import('../gateway/documents/asyncapi-document.ts')).asyncapiDocument());
  } else {
    const document = (await import('../gateway/documents/protocol-document.ts')).protocolDocument();
    if (json) printJson(document);
    else for (const line of describeProtocol(document)) printLine(line);
  }
}

function describeProtocol({version, packets, charts, rules, closeCodes, errors}: ProtocolDocument): readonly string[] {
  const lines = [`Rainbow ${version}`, '', 'Packets'];
  for (const {name, command, fields, example} of packets) {
    const layout = fields.map(({name: field, bytes, when}) => {
      return `${field}${bytes === undefined ? '' : `:${bytes}`}${when === undefined ? '' : ` (${when})`}`;
    });
    lines.push(`  ${command}  ${name.padEnd(5)} ${layout.join(', ').padEnd(36)} ${example}`);
  }
  for (const {id, transitions} of charts) {
    lines.push('', `Chart ${id}`);
    for (const {from, event, to, effects, rule = ''} of transitions) {
      lines.push(
        `  ${from.padEnd(18)} ${event.padEnd(22)} ${to.padEnd(18)} ${rule.padEnd(6)} ${effects.join(', ')}`.trimEnd(),
      );
    }
  }
  lines.push('', 'Rules', ...rules.map(({id, isV2, text}) => `  ${id}${isV2 ? ' (v2)' : ''} ${text}`));
  lines.push('', 'Close codes', ...closeCodes.map(({code, text}) => `  ${code}  ${text}`));
  lines.push('', 'Errors of the HTTP API');
  for (const {code, httpStatus, message} of errors) lines.push(`  ${code.padEnd(24)} ${httpStatus}  ${message}`);
  return lines;
}
