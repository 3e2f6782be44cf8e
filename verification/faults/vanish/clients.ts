// Some well-behaved clients in a process of their own, so that they can be stopped, or live in a network of their own:
// `node clients.ts HOST PORT COUNT`. Notifies its parent when all are connected; ends with it.

import {acknowledgeAll, dial} from '../../../test/support/raw-client.ts';
import {ScenarioLifetime} from '../harness/scenario-lifetime.ts';

const [host = '', port = '', count = ''] = process.argv.slice(2);
const lifetime = new ScenarioLifetime();
process.on('disconnect', () => process.exit(0));

for (let index = 0; index < Number(count); index++) {
  const client = await dial(lifetime, Number(port), host);
  client.request();
  const {status} = await client.response();
  if (status !== 101) throw new Error(`Expected 101, got ${status}`);
  acknowledgeAll(client);
  client.onPing = (payload) => client.sendPong(payload);
}
process.send?.('connected');
