// What the tests of the configuration share: the least file that is right, and readings that a test can compare.

import type {ExecutionContext} from 'ava';
import {
  type ConfigurationInput,
  formatFault,
  readConfiguration,
  type ValidConfiguration,
} from '../../../src/gateway/config/configuration.ts';

export const token = 'Zq83hfHSnwos92aa';
export const urls = 'connect_url = http://h/connect/\nforward_url = http://h/message/\nclose_url = http://h/close/';
export const minimal = `[main]\n${urls}\nsecurity_token = ${token}\n`;

export function input(
  text: string | Uint8Array | undefined,
  more: Partial<ConfigurationInput> = {},
): ConfigurationInput {
  return {file: 'server.ini', text, environment: {}, flags: {}, ...more};
}

export function readValid(t: ExecutionContext, given: ConfigurationInput): ValidConfiguration {
  const result = readConfiguration(given);
  if (result.kind === 'faulty') throw new Error(result.faults.map(formatFault).join('\n'));
  t.is(result.kind, 'valid');
  return result;
}

export function readFaults(given: ConfigurationInput): readonly string[] {
  const result = readConfiguration(given);
  return result.kind === 'faulty' ? result.faults.map(formatFault) : [];
}
