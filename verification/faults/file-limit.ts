// The process may open few files, and more clients want in than that.

import {readdirSync} from 'node:fs';
import {Agent} from 'node:http';
import {Api} from '../../test/support/api.ts';
import {until} from '../../test/support/deadline.ts';
import {securityToken} from '../../test/support/gateway.ts';
import {dial, handshake, type RawClient} from '../../test/support/raw-client.ts';
import {Harness} from './harness/harness.ts';
import type {Member} from './harness/member.ts';
import type {Scenario} from './harness/scenario.ts';

const filesMax = 200;
/** Clients too many, connections that say nothing, and clients that leave. */
const tooMany = 50;
const silentCount = 100;
const leavingCount = 10;

export const fileLimit: Scenario = {
  name: 'file-limit',
  claim:
    'At the open-file limit clients beyond it are refused, those inside go on sending and receiving, the log says so once, and who leaves makes room.',
  isQuick: true,
  async run(lifetime) {
    const launcher = ['sh', '-c', `ulimit -n ${filesMax}; exec "$@"`, 'sh'];
    const harness = await Harness.open(lifetime, {launcher});
    const {daemon, ledger} = harness;
    const clientsMax = Number(daemon.logged('clients.limitedByFiles')[0]?.clientsMax);
    const members: Member[] = [];
    while (members.length < clientsMax) members.push(await harness.join(`client ${members.length}`));
    for (const member of members) member.acknowledge();
    // As a business server does, the caller keeps its connection.
    const agent = new Agent({keepAlive: true, maxSockets: 1});
    lifetime.teardown(() => agent.destroy());
    const api = new Api(daemon.port, securityToken, agent);
    await goOn(harness, members, api);

    for (let count = 0; count < tooMany; count++) {
      const {answer} = await handshake(harness.cast, daemon.port);
      if (answer.status !== 503)
        throw new Error(`Expected client ${clientsMax + 1} to be answered 503, got ${answer.status}`);
    }
    const silent: RawClient[] = [];
    while (silent.length < silentCount) silent.push(await dial(harness.cast, daemon.port));
    let dropped = 0;
    for (const client of silent) void client.ended.then(() => dropped++);
    await until(() => daemon.logged('sockets.dropped')[0], 'word of the limit in the log');
    await goOn(harness, members, api);
    const openFiles = readdirSync(`/proc/${daemon.pid}/fd`).length;
    if (openFiles >= filesMax) throw new Error(`Expected fewer than ${filesMax} open files, got ${openFiles}`);

    const droppedAtLimit = dropped;
    for (const client of silent) client.reset();
    for (const member of members.splice(0, leavingCount)) member.vanish();
    await daemon.reaches('rainbow_connections', (count) => count === members.length);
    while (members.length < clientsMax) members.push(await harness.join(`newcomer ${members.length}`));
    for (const member of members) member.acknowledge();
    await goOn(harness, members, api);
    const complaints = daemon.complaints();
    if (complaints.length !== 2) throw new Error(`Expected two warnings, got ${complaints.join('\n')}`);
    await daemon.stop();
    harness.check();
    return (
      `${filesMax} files: ${clientsMax} clients inside, ${tooMany} refused by 503, ${droppedAtLimit} of ${silentCount} mute connections dropped, ` +
      `${openFiles} files open at the most, 2 warnings; ${ledger.confirmedUp} messages up and ${ledger.confirmedDown} down confirmed`
    );
  },
};

/** Everybody inside sends a message at once, and gets one. */
async function goOn(harness: Harness, members: readonly Member[], api: Api): Promise<void> {
  const confirmed = members.map(
    (member) =>
      new Promise<void>((resolve) => {
        member.onConfirmed = () => resolve();
        member.send(2);
      }),
  );
  await Promise.all(confirmed);
  const answer = await harness.publish(1, 10, api);
  if (answer?.connections !== members.length) throw new Error(`Expected all to confirm, got ${answer?.connections}`);
}
