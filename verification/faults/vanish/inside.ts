// The part of a scenario that runs inside a network namespace: `node inside.ts ADDRESS CLIENTS`. Sends its parent the
// figures, or the reason why they are missing.

import {Harness} from '../harness/harness.ts';
import {ScenarioLifetime} from '../harness/scenario-lifetime.ts';
import {keepAliveMs, loseClients} from './lose-clients.ts';
import {cutCable} from './network.ts';

const [host = '', clients = ''] = process.argv.slice(2);
const lifetime = new ScenarioLifetime();
// The parent has heard enough, or has gone.
process.once('disconnect', () => void lifetime.close().finally(() => process.exit(0)));

try {
  const harness = await Harness.open(lifetime, {keys: {host: '0.0.0.0', keep_alive: keepAliveMs / 1000}});
  const launcher = ['ip', 'netns', 'exec', clients];
  const figures = await loseClients(harness, {host, launcher, vanish: () => cutCable(clients)});
  process.send?.({figures});
} catch (error) {
  process.send?.({error: error instanceof Error ? error.stack : String(error)});
}
