// The parts of the documents that are made from the code are as the code has it.

import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {join} from 'node:path';
import {Ajv2020} from 'ajv/dist/2020.js';
import test from 'ava';
import {descriptionSections} from '../../src/gateway/config/configuration-descriptions.ts';
import {describeCharts} from '../../src/machines/chart-document.ts';
import {drawingPart} from './chart-parts.ts';
import {configurationSchema} from './configuration-parts.ts';
import {readDocument, readDocuments, root} from './documents.ts';
import {commandNames, generate, generatedFiles, helpOf, partsOf} from './generated.ts';

test('every part that is made from the code is up to date', (t) => {
  for (const document of readDocuments()) {
    t.is(document.text, generate(document), `${document.path} is stale: npm run docs writes it`);
  }
});

for (const [path, make] of Object.entries(generatedFiles)) {
  test(`${path} is up to date`, (t) => {
    t.is(readFileSync(join(root, path), 'utf8'), make(), 'npm run docs writes it');
  });
}

test('docs/configuration.md has every section of the configuration, in its order', (t) => {
  t.deepEqual(
    partsOf(readDocument('docs/configuration.md'), 'keys'),
    descriptionSections.map(({title}) => title),
  );
});

test('the JSON Schema of the configuration admits the defaults and refuses what is out of bounds', (t) => {
  const schema = JSON.parse(configurationSchema()) as {
    readonly properties: Record<string, {readonly default?: unknown}>;
  };
  const keyOf = (values: Readonly<Record<string, unknown>>): readonly string[] => faultsOf(schema, values);
  const required = {connect_url: 'http://a/', forward_url: 'http://a/', close_url: 'http://a/', security_token: 'x'};
  const defaults = Object.fromEntries(
    Object.entries(schema.properties).flatMap(([key, property]) =>
      property.default === undefined ? [] : [[key, property.default]],
    ),
  );
  t.true(Object.keys(defaults).length > 40);
  t.deepEqual(keyOf({...required, ...defaults}), []);
  t.deepEqual(keyOf({...required, port: 70_000, keep_alive: 0, log_level: 'loud', threads: 'auto'}).toSorted(), [
    'keep_alive',
    'log_level',
    'port',
  ]);
  t.deepEqual(keyOf({...required, prot: 1}), ['']);
});

/** The keys whose values the schema refuses; empty for the object as a whole. */
function faultsOf(schema: object, values: object): readonly string[] {
  const ajv = new Ajv2020({strict: false, allErrors: true});
  ajv.validate(schema, values);
  return [...new Set((ajv.errors ?? []).map(({instancePath}) => instancePath.slice(1)))];
}

test('docs/cli.md has the help of every command, once', (t) => {
  t.deepEqual(partsOf(readDocument('docs/cli.md'), 'help').toSorted(), [...commandNames()].toSorted());
});

test('docs/clients.md has every chart of a delivery', (t) => {
  t.deepEqual(partsOf(readDocument('docs/clients.md'), 'chart'), [
    'outboundQos1',
    'outboundQos2',
    'inboundQos1',
    'inboundQos2',
  ]);
});

test('docs/delivery.md draws the connection and every delivery and says what each state means', (t) => {
  const delivery = readDocument('docs/delivery.md');
  const names = ['connection', 'session', 'outboundQos1', 'outboundQos2', 'inboundQos1', 'inboundQos2'];
  t.deepEqual(partsOf(delivery, 'drawing'), names);
  t.deepEqual(partsOf(delivery, 'states'), names);
  for (const {id, states} of describeCharts()) {
    if (!names.includes(id)) continue;
    for (const {name, description} of states) t.truthy(description, `${id} ${name} says what it means`);
  }
});

test('a drawing has every step once: those that nested states share are drawn from the state around them', (t) => {
  for (const {id, transitions} of describeCharts()) {
    const arrows = drawingPart(id)
      .split('\n')
      .filter((line) => line.includes(': '))
      .map((line) => line.trim());
    t.is(new Set(arrows).size, arrows.length, id);
    for (const {from, event, to, effects} of transitions) {
      const label = [event, effects.join(', ')].filter((text) => text !== '').join(' / ');
      const step = `--> ${to.replaceAll('.', '_')}: ${label}`;
      const [group = ''] = from.split('.');
      const drawn = arrows.filter((line) =>
        [from.replaceAll('.', '_'), group].some((one) => line === `${one} ${step}`),
      );
      t.is(drawn.length, 1, `${id} ${from} ${event}`);
    }
  }
});

test('the help in the documents is what the commands print', (t) => {
  for (const [name, script, args] of [
    ['rainbow connect', 'rainbow', ['connect']],
    ['rainbow-server', 'rainbow-server', []],
  ] as const) {
    const env = {PATH: process.env.PATH, NO_COLOR: '1'};
    const {stdout} = spawnSync(process.execPath, [join(root, `bin/${script}.js`), ...args, '--help'], {
      encoding: 'utf8',
      env,
    });
    t.is(stdout, helpOf(name));
  }
});

test('a part that differs from the code is found', (t) => {
  const {path, text} = readDocument('docs/cli.md');
  const stale = {path, text: text.replace('sign with this token', 'sign with that token')};
  t.not(stale.text, text);
  t.not(generate(stale), stale.text);
  t.is(generate(stale), text);
  t.throws(() => generate({path, text: '<!-- help rainbow nonsense -->\n<!-- end -->\n'}), {
    message: /Expected a command/,
  });
});
