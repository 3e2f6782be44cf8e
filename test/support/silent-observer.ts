// Observers for tests that look at one thing: at nothing, and at the steps of the charts.

import type {Chart} from '../../src/machines/gateway-charts.ts';
import {outboundChart} from '../../src/machines/outbound-delivery.ts';
import type {Observer} from '../../src/trace/observer.ts';

export const silentObserver: Observer = {
  transition() {},
  received() {},
  reacted() {},
  strayed() {},
  transmitted() {},
  sent() {},
  replied() {},
  signalled() {},
  published: () => undefined,
  answered() {},
  accepted: () => undefined,
  delivery() {},
  called() {},
  callAnswered() {},
  membership() {},
  apiRefused() {},
};

/** Called for each step: of which chart, on which flow, 0 where it has no id yet, and the cell of the table. */
export function observeSteps(tell: (table: Chart, flow: number, cell: number) => void): Observer {
  return {
    ...silentObserver,
    transition: (table, cell, _subject, _message, flow) => tell(table, flow, cell),
    reacted: (table, cell, _subject, _message, _kind, id) => tell(table, id, cell),
    transmitted(_subject, {qos}) {
      const table = outboundChart(qos);
      tell(table, 0, table.step(table.state.queued, table.event['window.opened']));
    },
  };
}
