import test from 'ava';
import fc from 'fast-check';
import {type BroadcastField, packBroadcast, unpackBroadcasts} from '../../../src/cluster/shards/shard-message.ts';

test('broadcasts of any bytes come out on the other side as they were, in order', (t) => {
  const address = fc.oneof(
    fc.record({channel: fc.string({unit: 'binary'}), identity: fc.constant(undefined)}),
    fc.record({channel: fc.constant(undefined), identity: fc.string({unit: 'binary'})}),
    fc.record({
      channel: fc.constant(undefined),
      identity: fc.constant(undefined),
      audience: fc.record({
        channels: fc.array(fc.string({unit: 'grapheme'})),
        identities: fc.array(fc.string()),
        users: fc.array(fc.string()),
        isEverybody: fc.boolean(),
        except: fc.array(fc.string()),
      }),
    }),
  );
  const request = fc
    .tuple(address, fc.record({message: fc.string(), type: fc.nat(65_535), payload: fc.uint8Array({maxLength: 300})}))
    .map(([to, rest]) => ({...to, ...rest, qos: 0 as const, timeoutMs: 0, wantsReplies: false}));
  fc.assert(
    fc.property(fc.array(request, {maxLength: 10}), (requests) => {
      const fields: BroadcastField[] = [];
      for (const each of requests) packBroadcast(fields, each);
      const found = unpackBroadcasts(structuredClone(fields));
      t.deepEqual(
        found.map(({payload, ...rest}) => ({...rest, payload: Uint8Array.from(payload)})),
        requests,
      );
    }),
  );
});
