import {readFileSync} from 'node:fs';
import test from 'ava';
import {errorTable} from '../../../src/core/errors.ts';
import {protocolDocument} from '../../../src/gateway/documents/protocol-document.ts';
import {closeReasons} from '../../../src/protocol/close-code.ts';
import {parsePacket} from '../../../src/protocol/packet.ts';
import {allTables} from '../../machines/tables.ts';

const document = protocolDocument();

test('the protocol document is plain JSON', (t) => {
  t.deepEqual(JSON.parse(JSON.stringify(document)), document);
});

test('its packets have the commands and examples of the codec', (t) => {
  t.deepEqual(
    document.packets.map(({name, command}) => [name, command]),
    [
      ['SEND', 1],
      ['ACK', 2],
      ['REC', 3],
      ['REL', 4],
      ['COM', 5],
    ],
  );
  for (const {name, example} of document.packets) {
    t.is<string, string>(parsePacket(Buffer.from(example, 'hex')).kind, name.toLowerCase());
  }
});

test('its charts are those that run, with every transition, effect and rule', (t) => {
  t.is(document.charts.length, allTables.length);
  for (const [place, {machine, vocabulary, isHandled}] of allTables.entries()) {
    const chart = document.charts[place];
    t.is(chart?.id, machine.id);
    t.deepEqual(
      chart?.states.map(({name}) => name),
      [...vocabulary.states],
    );
    t.is(chart?.transitions.length, [...isHandled].filter((handled) => handled === 1).length);
  }
  const confirmed = document.charts
    .find(({id}) => id === 'outboundQos2')
    ?.transitions.find(({from, event}) => from === 'awaitingRec' && event === 'wire.rec');
  t.like(confirmed, {to: 'awaitingCom', effects: ['confirm', 'sendRel'], rule: 'RB-17'});
});

test('a nested state has the transitions of the state around it', (t) => {
  const chart = document.charts.find(({id}) => id === 'connection');
  const closed = chart?.transitions.find(({from, event}) => from === 'open.suspect' && event === 'socket.closed');
  t.like(closed, {to: 'closed', effects: ['detach', 'depart'], rule: 'RB-64'});
});

test('it has all rules of docs/delivery.md, without their sources, and says which come with rainbow.v2', (t) => {
  const delivery = readFileSync(new URL('../../../docs/delivery.md', import.meta.url), 'utf8');
  t.deepEqual(
    document.rules.map(({id}) => id),
    delivery.split('\n').flatMap((line) => (line.startsWith('- RB-') ? line.slice(2, 7) : [])),
  );
  t.true(document.rules.length >= 65);
  t.deepEqual(
    document.rules.filter(({text}) => /\[\d/.test(text) || text.length < 20),
    [],
  );
  const v2 = document.rules.filter(({isV2}) => isV2).map(({id}) => id);
  t.true(v2.includes('RB-07') && !v2.includes('RB-21'));
});

test('it has every error code and every close code', (t) => {
  t.deepEqual(
    document.errors.map(({code}) => code),
    Object.keys(errorTable),
  );
  t.deepEqual(
    document.closeCodes.map(({code}) => code),
    Object.values(closeReasons).map(({code}) => code),
  );
});
