// The statecharts as plain data: for the protocol document, the drawings in the documents, and traces. Steps are
// read from the tables, what is said about them from the charts.

import {invariant} from '../core/invariant.ts';
import {clientConnection} from './client-connection.ts';
import {connection} from './connection.ts';
import {inboundQos1, inboundQos2} from './inbound-delivery.ts';
import {lanPeer} from './lan-peer.ts';
import {outboundQos1, outboundQos2} from './outbound-delivery.ts';
import {session} from './session.ts';
import type {Table} from './tabulate.ts';
import {v2Connection} from './v2-connection.ts';
import {v2InboundQos1, v2InboundQos2} from './v2-inbound-delivery.ts';
import {v2OutboundQos1, v2OutboundQos2} from './v2-outbound-delivery.ts';

/** What a chart says of a state or of a transition. */
export interface ChartRemarks {
  readonly description?: string;
  /** The rule that it obeys, as `RB-15`. */
  readonly rule?: string;
}

export interface StateDocument extends ChartRemarks {
  readonly name: string;
  readonly isFinal: boolean;
}

export interface TransitionDocument extends ChartRemarks {
  readonly from: string;
  readonly event: string;
  readonly to: string;
  /** In the order in which they are carried out. */
  readonly effects: readonly string[];
}

/** One chart. It starts in its first state; an event without a transition changes nothing. */
export interface ChartDocument {
  readonly id: string;
  readonly states: readonly StateDocument[];
  readonly transitions: readonly TransitionDocument[];
}

/** XState's own node of a state. */
type StateNode = Table<string, string, string>['machine']['root'];

/** Every chart: those that the gateway runs, and last the client SDK's own. */
export function describeCharts(): ChartDocument[] {
  const sessions = [v2Connection, v2OutboundQos1, v2OutboundQos2, v2InboundQos1, v2InboundQos2];
  const legacy = [connection, session, outboundQos1, outboundQos2, inboundQos1, inboundQos2];
  return [...legacy, ...sessions, lanPeer, clientConnection].map(describeChart);
}

function describeChart(table: Table<string, string, string>): ChartDocument {
  const {states, events, effects} = table.vocabulary;
  const transitions: TransitionDocument[] = [];
  for (const [from, name] of states.entries()) {
    for (const [event, type] of events.entries()) {
      // Not `step()`: with the interpreter behind the tables that takes the step.
      const cell = from * events.length + event;
      if (table.isHandled[cell] !== 1) continue;
      transitions.push({
        from: name,
        event: type,
        to: states[table.next[cell] as number] as string,
        effects: (table.effects[cell] as readonly number[]).map((effect) => effects[effect] as string),
        ...transitionRemarks(nodeOf(table, name), type),
      });
    }
  }
  return {
    id: table.machine.id,
    states: states.map((name, code) => ({
      name,
      isFinal: table.isFinal[code] === 1,
      ...remarksOf(nodeOf(table, name)),
    })),
    transitions,
  };
}

/** The node of `open.fresh`. */
function nodeOf(table: Table<string, string, string>, name: string): StateNode {
  let node: StateNode = table.machine.root;
  for (const part of name.split('.')) {
    const child: StateNode | undefined = node.states[part];
    invariant(child !== undefined, `Expected ${table.machine.id} to have the state ${name}`);
    node = child;
  }
  return node;
}

/** A nested state has the transitions of those around it. */
function transitionRemarks(leaf: StateNode, event: string): ChartRemarks {
  for (let node: StateNode | undefined = leaf; node !== undefined; node = node.parent) {
    const [definition] = node.transitions.get(event) ?? [];
    if (definition !== undefined) return remarksOf(definition);
  }
  return {};
}

function remarksOf({description, meta}: {readonly description?: unknown; readonly meta?: unknown}): ChartRemarks {
  const isRuled = typeof meta === 'object' && meta !== null && 'rule' in meta && typeof meta.rule === 'string';
  return {
    ...(typeof description === 'string' && {description}),
    ...(isRuled && {rule: String(meta.rule)}),
  };
}
