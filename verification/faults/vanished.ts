// Clients that are gone without a FIN: their process stands still, or the network between is cut.

import {type ChildProcess, fork, spawnSync} from 'node:child_process';
import {once} from 'node:events';
import {within} from '../../test/support/deadline.ts';
import {Harness} from './harness/harness.ts';
import type {Scenario} from './harness/scenario.ts';
import type {ScenarioLifetime} from './harness/scenario-lifetime.ts';
import {keepAliveMs, loseClients} from './vanish/lose-clients.ts';
import {addressOfGateway, makeNetwork} from './vanish/network.ts';

const claim =
  'is missed after one and a half keep-alives, leaves no socket behind, has its close call, and is counted by no publication.';
/** What the processes inside report. */
interface Outcome {
  readonly figures?: string;
  readonly error?: string;
}

const insideMsMax = 60_000;

export const frozenClient: Scenario = {
  name: 'frozen-client',
  claim: `A client whose process stands still, while its kernel goes on to acknowledge, ${claim}`,
  isQuick: true,
  async run(lifetime) {
    const harness = await Harness.open(lifetime, {keys: {keep_alive: keepAliveMs / 1000}});
    const vanish = (clients: ChildProcess) => void clients.kill('SIGSTOP');
    return await loseClients(harness, {host: '127.0.0.1', launcher: [], vanish});
  },
};

export const vanishedClient: Scenario = {
  name: 'vanished-client',
  claim: `A client whose link is cut, without a FIN, ${claim}`,
  isQuick: false,
  obstacle: () => {
    if (process.getuid?.() !== 0) return 'network namespaces need root';
    const probe = spawnSync('ip', ['netns', 'list']);
    return probe.status === 0 ? undefined : 'ip netns is missing (package iproute2)';
  },
  run: runInNetwork,
};

/** The gateway and what observes it are in one network namespace, the clients in another, with a cable between. */
async function runInNetwork(lifetime: ScenarioLifetime): Promise<string> {
  const network = makeNetwork(lifetime);
  const inside = fork(new URL('vanish/inside.ts', import.meta.url), [addressOfGateway, network.clients], {
    execPath: 'ip',
    execArgv: ['netns', 'exec', network.gateway, process.execPath],
  });
  // It has a lifetime of its own to end.
  const exited = once(inside, 'exit');
  lifetime.teardown(async () => {
    if (inside.connected) inside.disconnect();
    await within(exited, 'the processes inside to end');
  });
  const [result] = (await within(once(inside, 'message'), 'the outcome', insideMsMax)) as [Outcome];
  if (result.figures === undefined) throw new Error(result.error);
  return result.figures;
}
