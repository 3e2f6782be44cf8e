// Options that several commands read alike: message type, QoS, and headers of a handshake.

import {InvalidArgumentError} from 'commander';
import {parseMessageType, parseQos} from '../protocol/api.ts';
import type {Qos} from '../protocol/packet.ts';
import {CommandFailure, exitCodes} from './exit.ts';

/** Of `--type`. */
export function readType(text: string): number {
  const type = parseMessageType(text);
  if (type === undefined) throw new InvalidArgumentError('Expected a whole number from 0 to 65535.');
  return type;
}

/** Of `--qos`. */
export function readQos(text: string): Qos {
  const qos = parseQos(text);
  if (qos === undefined) throw new InvalidArgumentError('Expected 0, 1 or 2.');
  return qos;
}

/** Of an option that may be repeated. */
export function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** Of `--header`, each as `name: value`. */
export function readHeaders(lines: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(lines.map(readHeader));
}

function readHeader(line: string): readonly [string, string] {
  const [, name, value] = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):(\P{Cc}*)$/u.exec(line) ?? [];
  if (name === undefined || value === undefined) {
    throw new CommandFailure(exitCodes.usage, `expected a header as "name: value", got ${line}`);
  }
  return [name, value.trimStart()];
}
