// `rainbow protocol`: packets, charts, rules and codes of this version, for people and for generators of clients.

import type {Command} from 'commander';
import {type ProtocolDocument, protocolDocument} from '../gateway/protocol-document.ts';
import {printJson, printLine} from './output.ts';

/** Adds the command. */
export function addProtocol(program: Command): void {
  program
    .command('protocol')
    .summary('print the protocol')
    .description('Prints the packets, the charts, the rules and the codes of this version.')
    .option('--json', 'print all of it as JSON, for generators of clients in other languages')
    .addHelpText('after', '\nExamples:\n  rainbow protocol\n  rainbow protocol --json > rainbow-protocol.json')
    .action(printProtocol);
}

function printProtocol(flags: {readonly json?: true}): void {
  const document = protocolDocument();
  if (flags.json) printJson(document);
  else for (const line of describeProtocol(document)) printLine(line);
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
