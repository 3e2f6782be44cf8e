// How a client comes to occupy a channel of the whole gateway. To evict: it joins under a token that its own part draws, and
// every other part removes whom that token outranks. To be refused instead where another occupies: its part draws a token as a
// claim, every part is asked whether something stands against that, and only then it joins. docs/cluster.md says what that
// rests on.

import type {LocalPart, Question, SubscribeRequest} from './part.ts';
import type {ChangeOutcome, Contest, Joined, OccupyTerms, Subscription} from './router.ts';
import type {Gathered} from './transport.ts';

/** Asks the other parts; rejects where one refuses. */
export type Gather = <Asked extends Question>(question: Asked) => Promise<Gathered<Asked['kind']>>;

/** Changes of memberships, over this part and the others. */
export interface Occupancy {
  join(request: SubscribeRequest): Promise<ChangeOutcome>;
  occupy(subscription: Subscription, terms?: OccupyTerms): Promise<ChangeOutcome>;
  claim(subscription: Subscription): Promise<ChangeOutcome>;
  mayClaim(contest: Contest): Promise<ChangeOutcome>;
  evict(channel: string, token: bigint | undefined): Promise<ChangeOutcome>;
}

const nothing: Gathered<'subscribe' | 'claim'> = {answers: [], refusals: [], silent: 0, isLate: false};

/** Makes them. */
export function createOccupancy(local: LocalPart, gather: Gather): Occupancy {
  async function join(request: SubscribeRequest): Promise<ChangeOutcome> {
    const own = await local.subscribe(request);
    const isElsewhere = own.outcome === 'noSuchConnection';
    const {answers, silent} = isElsewhere ? await gather({kind: 'subscribe', request}) : nothing;
    const {outcome, ticket, token} = bestOf([own, ...answers.map(({answer}) => answer)]);
    if (outcome !== 'done') return {outcome, isPartial: silent > 0};
    if (!request.occupy) return {outcome, isPartial: false};
    // The part that has the client has removed its own others already. Without a ticket it is on another node, and without a
    // token that is one which knows none.
    const {channel} = request;
    const before = ticket > 0 ? ticket : local.nextTicket();
    const eviction = {channel, before, token: token ?? local.nextToken()};
    if (own.outcome !== 'done') await local.evict({...eviction, except: []});
    const except = answers.filter(({answer}) => answer.outcome === 'done').map(({part}) => part);
    const evicted = await gather({kind: 'evict', request: {...eviction, except}});
    return {outcome: 'done', isPartial: evicted.silent > 0, ...(token !== undefined && {token})};
  }

  async function claim(subscription: Subscription): Promise<ChangeOutcome> {
    const own = await local.claim(subscription);
    const isElsewhere = own.outcome === 'noSuchConnection';
    const {answers, silent} = isElsewhere ? await gather({kind: 'claim', request: subscription}) : nothing;
    const {outcome, token} = bestOf([own, ...answers.map(({answer}) => answer)]);
    return {outcome, token, isPartial: silent > 0 && outcome !== 'done'};
  }

  async function mayClaim(contest: Contest): Promise<ChangeOutcome> {
    const [own, {answers, silent}] = await Promise.all([
      local.contest(contest),
      gather({kind: 'contest', request: contest}),
    ]);
    const isOccupied = [own, ...answers.map(({answer}) => answer)].some(({outcome}) => outcome === 'occupied');
    return {outcome: isOccupied ? 'occupied' : 'done', isPartial: silent > 0};
  }

  async function occupyUnlessOccupied(subscription: Subscription): Promise<ChangeOutcome> {
    const {channel} = subscription;
    const claimed = await claim(subscription);
    const {outcome, token} = claimed;
    if (outcome !== 'done' || token === undefined) return claimed;
    const contest = await mayClaim({channel, token, isOver: false});
    if (contest.outcome === 'done') {
      const joined = await join({...subscription, occupy: true, terms: {isDenied: true, token}});
      return {...joined, isPartial: joined.isPartial || contest.isPartial};
    }
    await mayClaim({channel, token, isOver: true});
    return contest;
  }

  return {
    join,
    claim,
    mayClaim,
    occupy: (subscription, terms = {}) =>
      terms.isDenied === true && terms.token === undefined
        ? occupyUnlessOccupied(subscription)
        : join({...subscription, occupy: true, terms}),
    async evict(channel, token) {
      const before = local.nextTicket();
      await local.evict({channel, before, token, except: []});
      const {silent} = await gather({kind: 'evict', request: {channel, before, token, except: []}});
      return {outcome: 'done', isPartial: silent > 0};
    },
  };
}

/** `done` where any part did it, else why the part that has the client refused, else that no part has it. */
function bestOf(answers: readonly Joined[]): Joined {
  return (
    answers.find(({outcome}) => outcome === 'done') ??
    answers.find(({outcome}) => outcome !== 'noSuchConnection') ?? {outcome: 'noSuchConnection', ticket: 0}
  );
}
