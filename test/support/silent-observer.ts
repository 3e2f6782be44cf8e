// Observers for tests that look at one thing: at nothing, and at the steps of the charts.

import {outboundQos1, outboundQos2} from '../../src/machines/outbound-delivery.ts';
import {chartNumber, type Observer} from '../../src/trace/observer.ts';

export const silentObserver: Observer = {
  transition() {},
  received() {},
  reacted() {},
  strayed() {},
  transmitted() {},
  sent() {},
  sentShared() {},
  released() {},
  signalled() {},
  published() {},
  answered() {},
  accepted() {},
  delivery() {},
  called() {},
  callAnswered() {},
  membership() {},
  apiRefused() {},
};

/** Tells of each step: of which chart, on which flow, 0 where it has no id yet, and the cell of the table. */
export function observeSteps(tell: (chart: number, flow: number, cell: number) => void): Observer {
  return {
    ...silentObserver,
    transition: (chart, _subject, _story, flow, cell) => tell(chart, flow, cell),
    reacted: (chart, _subject, _story, cell, _kind, id) => tell(chart, id, cell),
    transmitted(_subject, {qos}) {
      const table = qos === 1 ? outboundQos1 : outboundQos2;
      const chart = qos === 1 ? chartNumber.outboundQos1 : chartNumber.outboundQos2;
      tell(chart, 0, table.step(table.state.queued, table.event['window.opened']));
    },
  };
}
