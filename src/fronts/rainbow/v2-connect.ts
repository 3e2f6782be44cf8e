// What the edge makes of a client that wants `rainbow.v2`.

import type {V2SessionMessage} from '../../actors/messages-v2.ts';
import {spawnV2Session} from '../../actors/v2-session.ts';
import type {ActorRef} from '../../runtime/actor.ts';
import type {ConnectionEnvironment} from './connection-environment.ts';
import type {Link} from './link.ts';
import {V2Connection} from './v2-connection.ts';
import type {V2Wish} from './v2-wish.ts';

/** Creates what a client of `rainbow.v2` on `link` begins with; send it `start` next. */
export function connectV2(
  environment: ConnectionEnvironment,
  link: Link,
  identity: string,
  {session, closesRefused}: V2Wish,
): ActorRef<V2SessionMessage> {
  return spawnV2Session(environment.context, new V2Connection(environment, link, closesRefused), identity, session);
}
