// docs/howto/lost-message.md: its commands find a message that a client does not confirm, and its tables quote the program.

import {join} from 'node:path';
import test from 'ava';
import {until} from '../../support/deadline.ts';
import {securityToken} from '../../support/gateway.ts';
import {scaled} from '../../support/patience.ts';
import {single} from '../../support/room.ts';
import {readDocument, root, tableRows} from '../documents.ts';
import {commandsOf, Program, replaced, Shell} from './howto.ts';

const document = readDocument('docs/howto/lost-message.md');

test('the commands of the guide show what happened to a message that its client does not confirm', async (t) => {
  const {harness, client, identity} = await single(t);
  const shell = await Shell.start(t);
  const environment = {RAINBOW_URL: harness.gateway.url, RAINBOW_SECURITY_TOKEN: securityToken};
  const [turnOn = '', send = '', ofMessage = '', ofClient = '', follow = '', ...others] = commandsOf(document).map(
    (command) =>
      replaced(command, [
        ['news', 'room'],
        ['--timeout 2', '--timeout 0.2'],
        ['IDENTITY', identity],
      ]),
  );
  t.deepEqual(others, []);
  t.is((await shell.run(turnOn, environment)).code, 0);
  const sent = await shell.run(send, environment);
  t.is(sent.code, 1, sent.output);
  t.is((await client.parsed()).payload.toString(), '{"text":"hello"}');
  const [message = ''] = /\bp[0-9a-f]{6,}\b/.exec(sent.output) ?? [];

  const story = await shell.run(ofMessage.replace('MESSAGE', message), environment);
  t.is(story.code, 0, story.output);
  t.regex(story.output, /^confirmed by 0 of 1 when its 200 ms were up; 1 not confirmed when its time was up$/m);
  t.regex(story.output, new RegExp(`${identity}: sent once, not confirmed when its time was up`));
  const life = await shell.run(ofClient, environment);
  t.is(life.code, 0, life.output);
  t.regex(life.output, /^\S+: connected .*, in 1 channels, 1 messages in flight/);
  t.regex(life.output, /<-- SEND q1 id \d+ type 1, 16 B/);

  const words = follow.split(' ').slice(2);
  const live = new Program(t, process.execPath, [join(root, 'bin/rainbow.js'), ...words], environment);
  await until(async () => {
    client.send('SEND q0 type 9 "again"');
    await client.fence();
    return live.output.includes('type 9') ? true : undefined;
  }, 'the command to show a message of the client');
});

test('the outcomes that the guide quotes are those of the trace', async (t) => {
  const quoted = tableRows(document)
    .map(([cell]) => cell)
    .filter((cell) => /^`(?:sent|waited|its queue|the client) [a-z ,]+`$/.test(cell))
    .map((cell) => cell.replaceAll('`', ''));
  const {harness, client} = await single(t, {traceRate: 1, window: 1, queue: 1});
  const publish = async (timeout: number): Promise<string> =>
    (await harness.api.send({channel: 'room', qos: 1, timeout})).json.message ?? '';
  const outcomeOf = async (message: string): Promise<string> => {
    const {text} = await harness.api.call({method: 'GET', path: '/trace/', query: {message}});
    const {parts} = JSON.parse(text) as {readonly parts: readonly {readonly text: string}[]};
    return parts.map((part) => part.text).join();
  };
  const timeout = scaled(1_000) / 1_000;
  const overdue = publish(timeout);
  const expired = publish(timeout);
  await harness.reaches('deliveries', 2);
  const refused = publish(timeout);
  const outcomes = await Promise.all([overdue, expired, refused].map(async (message) => outcomeOf(await message)));
  client.sendAnswer('ack', (await client.parsed()).id);
  const lost = publish(20);
  t.is((await client.parsed()).command, 'send');
  client.reset();
  outcomes.push(await outcomeOf(await lost));
  t.is(quoted.length, 4);
  for (const [index, text] of quoted.entries())
    t.true(outcomes[index]?.startsWith(text), `${text}\n${outcomes[index]}`);
});
