// One thread as a part of the gateway: the operations on its own connections and channels.

import {RainbowError} from '../core/errors.ts';
import type {Audience} from '../protocol/audience.ts';
import {nobody} from '../router/add-up.ts';
import type {Follower} from '../router/gathering.ts';
import {type LocalPart, partName} from '../router/part.ts';
import type {ChannelInfo, Joined, PublishOutcome, PublishRequest, SubscribeOutcome} from '../router/router.ts';
import type {ActorRef} from '../runtime/actor.ts';
import {ask} from '../runtime/ask.ts';
import {answerCensus} from './answer-census.ts';
import {answerQuery, findClient} from './answer-query.ts';
import {channelsOf, findRecipients} from './audience.ts';
import {disconnectClients} from './disconnect-clients.ts';
import {Listings} from './listings.ts';
import type {ChannelMessage} from './messages.ts';
import {PublicationOrder} from './publication-order.ts';
import {publish} from './publisher.ts';
import type {ShardContext} from './shard-context.ts';
import {takeOver} from './takeover.ts';

/** Beyond the time an answer is due anyway: a failure of ours, not of a client. */
const answerGraceMs = 5_000;
const noRecipients: ReadonlySet<never> = new Set();
/** Messages waiting for one channel at which publications to it are refused; joins and leaves still find room. */
const channelDepthMax = 10_000;

/** See {@link LocalPart}. */
export function createLocalPart(context: ShardContext): LocalPart {
  const {clock, channels, occupations, sessions} = context;
  const order = new PublicationOrder();
  const listings = new Listings(context);

  function publishToChannel(
    name: string,
    request: PublishRequest,
    follower: Follower | undefined,
  ): Promise<PublishOutcome> | PublishOutcome {
    const channel = channels.find(name);
    if (request.qos === 0 && channel !== undefined) return broadcastToChannel(channel, request);
    return ask<PublishOutcome>(clock, request.timeoutMs + answerGraceMs, (reply) => {
      if (channel === undefined) {
        publish(context, noRecipients, request, reply, follower);
        return true;
      }
      return channel.depth < channelDepthMax && channel.tell({kind: 'publish', request, reply, follower});
    });
  }

  // A QoS 0 message has no answer, so the caller does not wait. The mailbox keeps it before later messages.
  function broadcastToChannel(channel: ActorRef<ChannelMessage>, request: PublishRequest): PublishOutcome {
    const message = request.message ?? context.sequences.nextPublication();
    const isTold =
      channel.depth < channelDepthMax &&
      channel.tell({kind: 'publish', request: {...request, message}, reply: ignoreOutcome});
    if (!isTold) throw queueFull();
    return nobody(message);
  }

  function publishToIdentity(
    identity: string,
    request: PublishRequest,
    follower: Follower | undefined,
  ): Promise<PublishOutcome> {
    const connection = sessions.find(identity);
    return ask<PublishOutcome>(clock, request.timeoutMs + answerGraceMs, (reply) => {
      const recipients = connection === undefined ? noRecipients : new Set([connection]);
      publish(context, recipients, request, reply, follower);
      return true;
    });
  }

  function publishToAudience(
    audience: Audience,
    request: PublishRequest,
    follower: Follower | undefined,
  ): Promise<PublishOutcome> {
    const asked = channelsOf(context, audience);
    if (asked.some(({depth}) => depth >= channelDepthMax)) throw queueFull();
    return ask<PublishOutcome>(clock, request.timeoutMs + answerGraceMs, (reply) => {
      const isHolding = asked.length > 1;
      if (isHolding) order.hold();
      findRecipients(context, audience, (recipients) => {
        try {
          publish(context, recipients, request, reply, follower);
        } finally {
          if (isHolding) order.release();
        }
      });
      return true;
    });
  }

  async function begin(request: PublishRequest, follower: Follower | undefined): Promise<PublishOutcome> {
    if (context.isStopping) throw new RainbowError('RB_STOPPING');
    if (request.audience !== undefined) return publishToAudience(request.audience, request, follower);
    if (request.identity !== undefined) return publishToIdentity(request.identity, request, follower);
    return publishToChannel(request.channel ?? '', request, follower);
  }

  return {
    name: partName(context.number),

    publish: (request, follower) =>
      order.isHeld
        ? new Promise((resolve) => {
            order.whenFree(() => resolve(begin(request, follower)));
          })
        : begin(request, follower),

    async subscribe({identity, channel, occupy, terms}) {
      if (context.isStopping) throw new RainbowError('RB_STOPPING');
      const connection = sessions.find(identity);
      if (connection === undefined) return {outcome: 'noSuchConnection', ticket: 0};
      return ask<Joined>(clock, answerGraceMs, (reply) =>
        connection.tell({kind: 'subscribe', channel, occupy, terms, reply}),
      );
    },

    async unsubscribe({identity, channel}) {
      const connection = sessions.find(identity);
      if (connection === undefined) return 'done';
      return ask<SubscribeOutcome>(clock, answerGraceMs, (reply) =>
        connection.tell({kind: 'unsubscribe', channel, reply}),
      );
    },

    async evict({channel, before, token}) {
      occupations.outrank(channel, token);
      channels.find(channel)?.tell({kind: 'evict', before, token});
      return 'done';
    },

    async claim({identity, channel}) {
      if (context.isStopping) throw new RainbowError('RB_STOPPING');
      const session = sessions.find(identity);
      if (session === undefined) return {outcome: 'noSuchConnection', ticket: 0};
      const token = occupations.claim(channel, session);
      return token === undefined ? {outcome: 'occupied', ticket: 0} : {outcome: 'done', ticket: 0, token};
    },

    async contest({channel, token, isOver}) {
      if (isOver) occupations.release(channel, token);
      return {outcome: isOver || occupations.mayClaim(channel, token) ? 'done' : 'occupied', ticket: 0};
    },

    async disconnect(disconnection) {
      if (context.isStopping) throw new RainbowError('RB_STOPPING');
      return disconnectClients(context, disconnection);
    },

    async permit({identity, grant}) {
      const session = sessions.find(identity);
      if (session === undefined) return 'noSuchConnection';
      return ask<SubscribeOutcome>(clock, answerGraceMs, (reply) => session.tell({kind: 'permit', grant, reply}));
    },

    takeOver: ({identity, fencingToken}) =>
      new Promise<'done'>((resolve) => {
        const settled = (): void => resolve('done');
        if (takeOver(context, identity, fencingToken, settled)) settled();
      }),

    query: (query) => answerQuery(context, query),

    async changes({owner, changes}) {
      // A broker's parts all hear what is meant for one.
      if (owner === partName(context.number)) context.news?.take(changes);
      return 'done';
    },

    census: (request) => answerCensus(context, request),

    connections: (request) => listings.connections(request),

    channels: (request) => listings.channels(request),

    find: ({identity}) => findClient(context, identity),

    key: async (question) => context.keys.answer(question),

    hasConnection: (identity) => sessions.find(identity) !== undefined,

    nextPublication: () => context.sequences.nextPublication(),

    nextTicket: () => context.sequences.nextTicket(),

    nextToken: () => occupations.tokens.next(),

    async info() {
      const asked: Promise<ChannelInfo>[] = [];
      for (const [, channel] of channels.entries()) {
        asked.push(ask<ChannelInfo>(clock, answerGraceMs, (reply) => channel.tell({kind: 'describe', reply})));
      }
      // A channel that ends while it is asked has no members to report.
      const told = await Promise.allSettled(asked);
      const found = told.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
      found.sort((left, right) => (left.name < right.name ? -1 : 1));
      return {connections: sessions.size, channels: found};
    },
  };
}

function queueFull(): RainbowError {
  return new RainbowError('RB_OVERLOADED', 'The queue of the channel is full. Retry later.');
}

function ignoreOutcome(): void {}
