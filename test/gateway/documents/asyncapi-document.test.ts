// The AsyncAPI document against its published schema, and against packets, paths and headers of the code.

import {createRequire} from 'node:module';
import {Ajv} from 'ajv';
import addFormats from 'ajv-formats';
import test from 'ava';
import {asyncapiDocument} from '../../../src/gateway/documents/asyncapi-document.ts';
import {protocolDocument} from '../../../src/gateway/documents/protocol-document.ts';
import {apiPaths} from '../../../src/protocol/api.ts';
import {closeReasons} from '../../../src/protocol/close-code.ts';
import * as headerNames from '../../../src/protocol/header-name.ts';
import {parsePacket} from '../../../src/protocol/packet.ts';

const document = JSON.parse(JSON.stringify(asyncapiDocument())) as ReturnType<typeof asyncapiDocument>;

test("the document is AsyncAPI 3, by that specification's own schema", (t) => {
  const specification = createRequire(import.meta.url)('@asyncapi/specs/schemas/3.0.0-without-$id.json') as object;
  const ajv = new Ajv({strict: false, allErrors: true, logger: false});
  addFormats.default(ajv);
  const validate = ajv.compile(specification);
  t.true(validate(document), JSON.stringify(validate.errors));
  t.false(validate({...document, channels: {connection: {adress: '/connect/'}}}));
});

test('every reference in it leads somewhere', (t) => {
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"#([^"]+)"/g)].map(([, path = '']) => path);
  t.true(references.length > 20);
  for (const path of references) t.truthy(at(path), path);
});

function at(path: string): unknown {
  let value: unknown = document;
  for (const name of path.slice(1).split('/')) value = (value as Readonly<Record<string, unknown>> | undefined)?.[name];
  return value;
}

test('its packets are those of the protocol, and their examples are read by the codec as what they are', (t) => {
  const {messages} = document.components;
  for (const {name, command, fields} of protocolDocument().packets) {
    const message = messages[name.toLowerCase()];
    t.like(message, {name, 'x-rainbow-command': command, 'x-rainbow-fields': fields});
    const [example] = (message?.examples ?? []) as readonly {readonly payload: string}[];
    t.is<string, string>(parsePacket(Buffer.from(example?.payload ?? '', 'hex')).kind, name.toLowerCase());
  }
  const packets = Object.keys(messages).filter((name) => messages[name]?.['x-rainbow-command'] !== undefined);
  t.deepEqual(
    packets,
    protocolDocument().packets.map(({name}) => name.toLowerCase()),
  );
});

test('every packet goes both ways, and every message is part of an operation', (t) => {
  const {operations, components} = document;
  const used = new Map<string, Set<string>>();
  for (const {action, messages, reply} of Object.values(operations)) {
    const back = action === 'send' ? 'receive' : 'send';
    const replies = (reply as {readonly messages: unknown}).messages;
    for (const [list, direction] of [
      [messages, action],
      [replies, back],
    ] as const) {
      for (const {$ref} of list as readonly {readonly $ref: string}[]) {
        const name = $ref.split('/').at(-1) ?? '';
        used.set(name, (used.get(name) ?? new Set()).add(String(direction)));
      }
    }
  }
  t.deepEqual([...used.keys()].toSorted(), Object.keys(components.messages).toSorted());
  for (const {name} of protocolDocument().packets) t.is(used.get(name.toLowerCase())?.size, 2, name);
});

test('it has the path of the connection, every header and every close code', (t) => {
  const text = JSON.stringify(document);
  t.is(document.channels.connection?.address, apiPaths.connect);
  const {headerNode} = headerNames;
  for (const name of Object.values(headerNames)) {
    // Between nodes, and on no client's or business server's way.
    if (typeof name === 'string' && name.startsWith(headerNode)) continue;
    if (typeof name === 'string') t.true(text.includes(name), name);
  }
  t.deepEqual<unknown, unknown>(
    document.channels.connection?.['x-rainbow-close-codes'],
    Object.entries(closeReasons).map(([name, reason]) => ({name, ...reason})),
  );
});
