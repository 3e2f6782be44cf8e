// Every table the gateway runs, for the tests that hold for all of them.

import {connection} from '../../src/machines/connection.ts';
import {inboundQos1, inboundQos2} from '../../src/machines/inbound-delivery.ts';
import {outboundQos1, outboundQos2} from '../../src/machines/outbound-delivery.ts';
import type {Table} from '../../src/machines/tabulate.ts';

export const tables: readonly Table<string, string, string>[] = [
  connection,
  outboundQos1,
  outboundQos2,
  inboundQos1,
  inboundQos2,
];
