// The models against the product: what the search proves of the models speaks of the product, as far as these walks go.

import test from 'ava';
import {type Case, describeCase, modelOf} from './cases.ts';
import {ProductReceiver} from './product-receiver.ts';
import {ProductSender} from './product-sender.ts';
import {takeWalk} from './walk.ts';

const walks = 200;

const up = {ends: 'client to gateway', link: 'tcp', more: {isFailing: true, packetsMax: 4}} as const;
const down = {ends: 'gateway to client', link: 'tcp', more: {isTimed: true, packetsMax: 4}} as const;
const cases: readonly Case[] = [
  {...up, messages: 'QoS 1', more: {...up.more, reuse: 'quiet'}},
  {...up, messages: 'QoS 2', more: {...up.more, mayGiveUp: true, reuse: 'quiet'}},
  {...up, messages: 'QoS 1+2'},
  {...up, messages: 'QoS 1+2', link: 'lossy, copying'},
  {...up, messages: 'QoS 2', link: 'any order'},
  {...down, messages: 'QoS 1'},
  {...down, messages: 'QoS 2'},
  {...down, messages: 'QoS 1+2', link: 'lossy, copying'},
  {...down, messages: 'QoS 2', link: 'any order'},
  {...down, ends: 'gateway to old client', messages: 'QoS 1+2', more: {...down.more, ignored: ['twice']}},
];

for (const one of cases) {
  test(`the product does what the model does: ${describeCase(one).replaceAll(/ {2,}/g, ', ')}`, (t) => {
    const model = modelOf(one);
    const isReceiver = one.ends === 'client to gateway';
    let moves = 0;
    for (let seed = 1; seed <= walks; seed++) {
      const product = isReceiver ? new ProductReceiver() : new ProductSender();
      const walk = takeWalk(model, product, isReceiver ? 'backward' : 'forward', seed);
      t.is(walk.difference, undefined);
      moves += walk.moves;
    }
    t.true(moves > walks * 8);
    t.log(`${moves} moves`);
  });
}
