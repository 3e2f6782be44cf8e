// The page while its gateway dies and comes back: a real daemon, killed, and started again on the same port.

import {browserTest} from '../support/browser-test.ts';
import {success} from '../support/business-server.ts';
import {type Daemon, runServer, startDaemon} from '../support/gateway.ts';
import {inspectorKeys} from './inspector-harness.ts';
import {choose, lit, openWatching, rowsOf} from './inspector-page.ts';

async function join(daemon: Daemon, identity: string) {
  daemon.business.once('connect', success({RAINBOWCLIENTCHANNEL: 'room'}, {identity}));
  return await daemon.connect();
}

browserTest(
  'a daemon that is killed and started again is watched again, and what was before can still be looked at',
  async (t) => {
    const daemon = await startDaemon(t, inspectorKeys);
    const ann = await join(daemon, 'ann');
    const {page, conduct} = await openWatching(t, daemon.port);
    await choose(page, 'ann');
    const lost = daemon.api.send({channel: 'room', qos: 2, timeout: 30}).catch(() => 'no answer');
    const {id} = await ann.parsed();
    await lit(page, 'awaitingRec');

    daemon.process.kill('SIGKILL');
    await page
      .getByRole('alert')
      .filter({hasText: /Not watched since \d\d:\d\d:\d\d/})
      .waitFor();
    t.is(await lost, 'no answer');
    // What is shown is from then, and says so.
    await lit(page, 'awaitingRec');
    await page.getByText(/^away · since/).waitFor();

    runServer(t, daemon.args);
    await page.getByRole('status').filter({hasText: 'The gateway was restarted; connected again after'}).waitFor();
    await page.getByText(/^live · /).waitFor();
    t.true((await rowsOf(page)).includes('watched again: what was between is not known'));

    const bob = await join(daemon, 'bob');
    await choose(page, 'bob');
    t.is(await page.locator('.rows .row', {hasText: 'ann'}).count(), 0);
    const sent = daemon.api.send({channel: 'room', qos: 1});
    const {id: next} = await bob.parsed();
    await lit(page, 'awaitingAck');
    bob.sendAnswer('ack', next);
    await sent;
    await lit(page, 'confirmed');

    // Back over the restart: ann is there, and her delivery awaits its REC.
    await page.getByLabel('Moment').focus();
    await page.keyboard.press('Home');
    await page.keyboard.press('Escape');
    await page.keyboard.press('Escape');
    for (let step = 0; step < 200 && (await page.locator('.rows .row', {hasText: 'ann'}).count()) === 0; step++) {
      await page.keyboard.press('ArrowRight');
    }
    await choose(page, 'ann');
    for (let step = 0; step < 20 && !(await rowsOf(page)).includes(`SEND q2 id ${id}`); step++) {
      await page.keyboard.press('ArrowRight');
    }
    await lit(page, 'awaitingRec');
    // The browser reports the missing server as well.
    t.deepEqual(
      conduct.errors.filter((text) => !/ERR_(?:CONNECTION_|INCOMPLETE_|EMPTY_)/.test(text)),
      [],
    );
  },
);
