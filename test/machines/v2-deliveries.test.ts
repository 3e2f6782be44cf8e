// The charts of messages of rainbow.v2 on every path there is: what the rules of delivery forbid does not happen.

import test from 'ava';
import type {Table} from '../../src/machines/tabulate.ts';
import {v2InboundQos1, v2InboundQos2} from '../../src/machines/v2-inbound-delivery.ts';
import {v2OutboundQos1, v2OutboundQos2} from '../../src/machines/v2-outbound-delivery.ts';

type Chart = Table<string, string, string>;

/** How often each effect has happened on a path, up to twice: more adds nothing. */
type Counts = Readonly<Record<string, number>>;

interface Past {
  readonly state: number;
  readonly counts: Counts;
}

/** Walks every path, each past once. `path` is the names of its events. */
function walk(chart: Chart, visit: (past: Past, effects: readonly string[], path: readonly string[]) => void): void {
  const {events, effects: names} = chart.vocabulary;
  const seen = new Set<string>();
  const waiting: {past: Past; path: readonly string[]}[] = [{past: {state: 0, counts: {}}, path: []}];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    for (const [code, name] of events.entries()) {
      const cell = chart.step(next.past.state, code);
      const effects = (chart.effects[cell] ?? []).map((effect) => names[effect] ?? '');
      const counts = {...next.past.counts};
      for (const effect of effects) counts[effect] = Math.min(2, (counts[effect] ?? 0) + 1);
      const past = {state: chart.next[cell] as number, counts};
      const path = [...next.path, name];
      visit(past, effects, path);
      const key = JSON.stringify([past.state, ...effectsOf(chart).map((name) => counts[name] ?? 0)]);
      if (seen.has(key)) continue;
      seen.add(key);
      waiting.push({past, path});
    }
  }
}

function effectsOf({vocabulary}: Chart): readonly string[] {
  return vocabulary.effects;
}

for (const chart of [v2OutboundQos1, v2OutboundQos2] as readonly Chart[]) {
  const {id} = chart.machine;

  test(`${id}: a delivery ends once on every path, with one outcome [RB-26]`, (t) => {
    walk(chart, ({state, counts}, _effects, path) => {
      const {release = 0, lose = 0, drop = 0, confirm = 0, fail = 0} = counts;
      const ends = release + lose + drop;
      t.is(ends, chart.isFinal[state] === 1 ? 1 : 0, path.join(', '));
      t.true(confirm + fail <= 1, path.join(', '));
      if (release === 1) t.is(confirm + fail, 1, path.join(', '));
    });
  });

  test(`${id}: a SEND goes out once on each connection, and never after its REL [RB-17] [RB-36]`, (t) => {
    walk(chart, ({counts}, effects, path) => {
      if (effects.includes('retransmit')) {
        t.is(path.at(-1), 'window.opened');
        t.true((counts.sendRel ?? 0) === 0, path.join(', '));
        t.true((counts.shelve ?? 0) > 0, 'only once a connection was lost');
      }
      t.true((counts.transmit ?? 0) <= 1, path.join(', '));
    });
    for (const state of chart.vocabulary.states.keys()) {
      const cell = chart.step(state, chart.event['front.attached'] ?? -1);
      const effects = (chart.effects[cell] ?? []).map((effect) => chart.vocabulary.effects[effect]);
      t.false(effects.includes('retransmit'), 'SENDs wait for the window');
    }
  });

  test(`${id}: what was transmitted is not dropped [RB-18]`, (t) => {
    walk(chart, ({counts}, effects, path) => {
      if (effects.includes('drop')) t.is(counts.transmit ?? 0, 0, path.join(', '));
    });
  });
}

test('each REC is answered by a REL, whatever state its flow is in [RB-15]', (t) => {
  for (const name of ['awaitingRec', 'unacknowledged', 'awaitingCom'] as const) {
    const cell = v2OutboundQos2.step(v2OutboundQos2.state[name], v2OutboundQos2.event['wire.rec']);
    t.true(v2OutboundQos2.effects[cell]?.includes(v2OutboundQos2.effect.sendRel), name);
  }
});

for (const chart of [v2InboundQos1, v2InboundQos2] as readonly Chart[]) {
  const {id} = chart.machine;

  test(`${id}: a message is forwarded once, and answered once [RB-22] [RB-65]`, (t) => {
    walk(chart, ({counts}, effects, path) => {
      const {forward = 0, sendFail = 0, sendAck = 0, keepReply = 0} = counts;
      t.true(forward <= 1, path.join(', '));
      t.true(sendFail + sendAck + keepReply <= 1, path.join(', '));
      const last = path.at(-1);
      if (effects.includes('sendFail')) t.is(last, 'call.failed');
      if (effects.includes('sendAck')) t.is(last, 'call.accepted');
    });
  });

  test(`${id}: an answer is kept before it is sent [RB-73]`, (t) => {
    walk(chart, (_past, effects) => {
      const sent = effects.findIndex((effect) => ['sendAck', 'sendFail', 'sendRec'].includes(effect));
      const kept = effects.findIndex((effect) => ['keepOutcome', 'keepReply'].includes(effect));
      if (sent >= 0 && kept >= 0) t.true(kept < sent);
      if (effects.includes('sendAck') || effects.includes('sendFail')) t.true(kept >= 0);
    });
  });
}

test('a held id leaves by REL or with the session, and in no other way [RB-28]', (t) => {
  const {state, event, vocabulary} = v2InboundQos2;
  for (const [code, name] of vocabulary.events.entries()) {
    const next = v2InboundQos2.next[v2InboundQos2.step(state.awaitingRel, code)];
    const leaves = code === event['wire.rel'] || code === event['session.over'];
    t.is(next !== state.awaitingRel, leaves, name);
  }
});
