// Puts together what reports the changes of a thread's channels: at the end of each turn they go to the thread of this node
// that gathers those of their channel, by a hash of its name. Where that thread is gone, this one stands in for it.

import {fnv1a} from '../core/hash.ts';
import {partName} from '../router/part.ts';
import type {Router} from '../router/router.ts';
import {ChannelNews} from './channel-news.ts';
import type {ShardContext} from './shard-context.ts';

/** What it needs of the gateway. */
export interface ChannelReportParts {
  /** The whole gateway. */
  readonly router: Pick<Router, 'census' | 'publish'>;
  /** This node. */
  readonly ownNode: Pick<Router, 'changed'>;
  /** Of this node. */
  readonly threads: number;
  /** Of a notice. */
  readonly bytesMax: number;
}

const noticeBytesMax = 32_768;
const noticeTypeDefault = 65_535;
const intervalMsDefault = 1_000;

/** Reports the changes of `context` from now on, if the configuration asks for any. */
export function reportChannels(context: ShardContext, parts: ChannelReportParts): void {
  const {changes, clock, counters, events, settings} = context;
  if (changes === undefined) return;
  const {router, ownNode, threads, bytesMax} = parts;
  const news = new ChannelNews({
    clock,
    counters,
    intervalMs: settings.presenceIntervalMs ?? intervalMsDefault,
    noticeType: settings.presenceType ?? noticeTypeDefault,
    bytesMax: Math.min(bytesMax, noticeBytesMax),
    census: (request) => router.census(request),
    publish: (request) => router.publish(request),
    post: events && ((event): void => events.add(event)),
  });
  context.news = news;
  const self = partName(context.number);
  changes.onTurn = (all) => {
    for (const [owner, some] of Map.groupBy(all, ({channel}) => partName((fnv1a(channel) >>> 0) % threads))) {
      if (owner === self) {
        news.take(some);
        continue;
      }
      const stepIn = (): void => news.take(some);
      ownNode.changed({owner, changes: some}).then((isTaken) => {
        if (!isTaken) stepIn();
      }, stepIn);
    }
  };
}
