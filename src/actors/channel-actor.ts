// One channel: its members, in the order in which they joined, and the fan-out to them. Lives while it has members.

import {unreachable} from '../core/invariant.ts';
import type {PublishOutcome, PublishRequest} from '../router/router.ts';
import type {ActorRef, Behaviour, Cell} from '../runtime/actor.ts';
import type {Reply} from '../runtime/ask.ts';
import type {ChannelChanges} from './channel-changes.ts';
import type {ChannelMessage, SessionMessage} from './messages.ts';
import {broadcast, prepareBroadcast, publish} from './publisher.ts';
import type {Broadcast} from './recipients.ts';
import type {ShardContext} from './shard-context.ts';

/** Messages that may wait for one channel; a publication beyond that is refused as overloaded. */
const mailboxBound = 100_000;

/** The actor of channel `name`, which is created if it does not exist. */
export function findOrSpawnChannel(context: ShardContext, name: string): ActorRef<ChannelMessage> {
  const found = context.channels.find(name);
  if (found !== undefined) return found;
  const cell = context.scheduler.spawn<ChannelMessage>({
    name,
    mailboxBound,
    supervisor: context.supervisors.channels,
    // Sessions report their membership once and do not repeat it, so a restart keeps the members.
    create: (self, previous) =>
      new ChannelActor(self, context, previous instanceof ChannelActor ? previous.members : new Map()),
  });
  context.channels.add(name, cell);
  return cell;
}

class ChannelActor implements Behaviour<ChannelMessage> {
  /** Each with the ticket of its latest joining. */
  readonly members: Map<ActorRef<SessionMessage>, number>;
  readonly #self: Cell<ChannelMessage>;
  readonly #context: ShardContext;
  /** QoS 0 messages that wait for those behind them in the mailbox, to go to each member in one message with them. */
  #broadcasts: Broadcast[] = [];
  /** Where its members are notified of joins and leaves. */
  readonly #changes: ChannelChanges | undefined;

  constructor(self: Cell<ChannelMessage>, context: ShardContext, members: Map<ActorRef<SessionMessage>, number>) {
    this.#self = self;
    this.#context = context;
    this.members = members;
    const {changes} = context;
    this.#changes = changes?.isWatched(self.name) === true ? changes : undefined;
  }

  receive(message: ChannelMessage): void {
    if (message.kind === 'publish' && message.request.qos === 0) {
      this.#collect(message.request, message.reply);
      return;
    }
    // Before anything else: publications keep their order, and reach those who are members now.
    this.#broadcast();
    this.#handle(message);
    this.#stopIfEmpty();
  }

  failed(): void {
    this.#context.channels.remove(this.#self.name, this.#self);
  }

  #collect(request: PublishRequest, reply: Reply<PublishOutcome>): void {
    const {members} = this;
    this.#broadcasts.push(prepareBroadcast(this.#context, members, request, reply));
    // Where the mailbox is full, whatever comes next sends them on.
    if (this.#broadcasts.length === 1) this.#self.tell({kind: 'broadcastsDue'});
  }

  #broadcast(): void {
    if (this.#broadcasts.length === 0) return;
    broadcast(this.#context, this.members, this.#broadcasts);
    this.#broadcasts = [];
  }

  #handle(message: ChannelMessage): void {
    switch (message.kind) {
      case 'publish':
        publish(this.#context, this.members, message.request, message.reply, message.follower);
        return;
      case 'join':
        if (!this.members.has(message.member)) this.#note(message.member, 1);
        this.members.set(message.member, message.ticket);
        if (message.occupy) this.#evict(message.ticket, message.token);
        return;
      case 'evict':
        this.#evict(message.before, message.token);
        return;
      case 'broadcastsDue':
        return;
      case 'leave':
        if (this.members.delete(message.member)) this.#note(message.member, -1);
        return;
      case 'muster':
        message.muster.add(this.members.keys());
        return;
      case 'describe':
        message.reply({name: this.#self.name, connections: this.members.size});
        return;
      case 'listMembers':
        message.reply([...this.members.keys()]);
        return;
      case 'members':
        message.reply(this.members);
        return;
      case 'survey':
        message.stats.start(this.members.keys());
        return;
      default:
        unreachable(message);
    }
  }

  // By numbers, not by who is here: of several occupants on several shards and nodes exactly the one with the highest token
  // stays. Tickets show who joined a shard of this node earlier.
  #evict(before: number, token: bigint | undefined): void {
    for (const [member, ticket] of this.members) {
      const own = token === undefined ? undefined : this.#context.occupations.tokenOf(this.#self.name, member);
      if (own === undefined ? ticket >= before : own >= (token as bigint)) continue;
      this.members.delete(member);
      this.#note(member, -1);
      member.tell({kind: 'evicted', channel: this.#self.name, ticket});
    }
  }

  #note({name}: ActorRef<SessionMessage>, by: 1 | -1): void {
    this.#changes?.memberChanged(this.#self.name, name, by);
  }

  #stopIfEmpty(): void {
    // What waits may be a join that found this actor in the registry; it must not be lost.
    if (this.members.size > 0 || this.#self.depth > 0) return;
    this.#context.channels.remove(this.#self.name, this.#self);
    this.#self.stop();
  }
}
