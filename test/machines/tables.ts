// Every table there is, for the tests that hold for all of them.

import {clientConnection} from '../../src/machines/client-connection.ts';
import {connection} from '../../src/machines/connection.ts';
import {inboundQos1, inboundQos2} from '../../src/machines/inbound-delivery.ts';
import {lanPeer} from '../../src/machines/lan-peer.ts';
import {outboundQos1, outboundQos2} from '../../src/machines/outbound-delivery.ts';
import {session} from '../../src/machines/session.ts';
import type {Table} from '../../src/machines/tabulate.ts';
import {v2Connection} from '../../src/machines/v2-connection.ts';
import {v2InboundQos1, v2InboundQos2} from '../../src/machines/v2-inbound-delivery.ts';
import {v2OutboundQos1, v2OutboundQos2} from '../../src/machines/v2-outbound-delivery.ts';

const deliveries: readonly Table<string, string, string>[] = [outboundQos1, outboundQos2, inboundQos1, inboundQos2];

const sessions: readonly Table<string, string, string>[] = [
  v2Connection,
  v2OutboundQos1,
  v2OutboundQos2,
  v2InboundQos1,
  v2InboundQos2,
];

/** Those that the gateway runs. */
export const tables: readonly Table<string, string, string>[] = [
  connection,
  session,
  ...deliveries,
  ...sessions,
  lanPeer,
];

/** Those that a client runs: its own connection, and the deliveries from the other end. */
export const clientTables: readonly Table<string, string, string>[] = [clientConnection, ...deliveries];

export const allTables: readonly Table<string, string, string>[] = [...tables, clientConnection];
