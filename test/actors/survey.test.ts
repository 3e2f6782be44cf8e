// A survey of connections is complete whatever becomes of those that were asked.

import test from 'ava';
import type {ConnectionMessage} from '../../src/actors/messages.ts';
import {Survey} from '../../src/actors/survey.ts';
import {createActors} from './kit.ts';

async function isDone(survey: Survey): Promise<boolean> {
  let isOver = false;
  void survey.done.then(() => {
    isOver = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  return isOver;
}

test('a survey is complete when the last connection has answered, and of nobody at once', async (t) => {
  const kit = createActors();
  const clients = [kit.connect('room'), kit.connect('room'), kit.connect('room')];
  const survey = new Survey(2);
  survey.start(clients.map(({actor}) => actor));
  t.false(await isDone(survey));
  kit.run();
  t.true(await isDone(survey));
  t.is(survey.asked, 3);
  t.is(survey.rows.length, 2, 'as many rows as were asked for');
  const nobody = new Survey(2);
  nobody.start([]);
  t.true(await isDone(nobody));
});

test('a survey does not wait for connections that have ended, end meanwhile, or have no room for the question', async (t) => {
  const kit = createActors();
  const [ended, ending, staying] = [kit.connect('room'), kit.connect('room'), kit.connect('room')];
  ended.tell({kind: 'socketClosed'});
  kit.run();
  const asked: ConnectionMessage[] = [];
  const full = {
    name: 'full',
    depth: 1,
    isStopped: false,
    tell(message: ConnectionMessage) {
      asked.push(message);
      return false;
    },
  };
  ending.tell({kind: 'socketClosed'});
  const survey = new Survey(10);
  survey.start([ended.actor, ending.actor, full, staying.actor]);
  kit.run();
  t.true(await isDone(survey));
  t.is(asked.length, 1);
  t.is(survey.asked, 4);
  t.is(survey.rows.length, 1);
});
