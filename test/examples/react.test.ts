// examples/react/use-rainbow.ts, under a useSyncExternalStore that reads as React's does: on a server, in a browser that takes
// over what the server has rendered, and afterwards.

import test from 'ava';
import {makeUseRainbow} from '../../examples/react/use-rainbow.ts';
import {Rainbow} from '../../src/client/client.ts';
import {makeHarness} from '../client/harness.ts';

type Subscribe = (changed: () => void) => () => void;

test('the React hook renders on a server what a browser renders first, and then what the client is', (t) => {
  const rainbow = new Rainbow('ws://gateway.test/');
  // Without a function for it React throws "Missing getServerSnapshot", and where it answers with a new object each time, it
  // renders for ever.
  const onServer = makeUseRainbow((_subscribe, _read, readOnServer) => {
    t.is(readOnServer(), readOnServer());
    return readOnServer();
  });
  const inBrowser = makeUseRainbow((_subscribe, read) => {
    t.is(read(), read());
    return read();
  });
  const {state, isOpen, pending} = rainbow;
  t.deepEqual(onServer(rainbow), {state, isOpen, pending});
  t.deepEqual(inBrowser(rainbow), onServer(rainbow));
});

test('the React hook renders again when the client changes, and not after it is taken away', async (t) => {
  const harness = makeHarness(t);
  const {rainbow} = harness;
  let subscribe: Subscribe = () => () => {};
  const useRainbow = makeUseRainbow((given, read) => {
    subscribe = given;
    return read();
  });
  t.is(useRainbow(rainbow).state, 'idle');
  let renders = 0;
  const unsubscribe = subscribe(() => renders++);
  const blooming = rainbow.bloom();
  t.is(useRainbow(rainbow).state, 'connecting');
  t.is(renders, 1);
  harness.socket.open();
  await blooming;
  t.true(useRainbow(rainbow).isOpen);
  unsubscribe();
  const rendered = renders;
  void rainbow.fade();
  t.not(rainbow.state, 'open.fresh');
  t.is(renders, rendered);
});
