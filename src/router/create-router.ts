// The router of the whole gateway, or of one node: this part, and the others behind its transports. A question goes to the
// parts that it may concern; their answers are added up. [RB-61]

import type {RecipientOutcome} from '../protocol/api.ts';
import {addUpDisconnected, addUpOutcomes, mergeInfos} from './add-up.ts';
import {isNobody, withoutIdentities} from './audience.ts';
import {mergeCensus} from './census.ts';
import type {Gathering, PartProgress} from './gathering.ts';
import {type Listing, mergeChannels, mergeConnections, type Page, type Rows} from './listing.ts';
import {createOccupancy} from './occupancy.ts';
import type {LocalPart, Question} from './part.ts';
import type {OtherNode, PartInfo, PublishOutcome, PublishRequest, Router} from './router.ts';
import type {Gathered, Reach, Transport} from './transport.ts';

const nobodyElse: readonly Reach[] = [];

/** A router over this part and those behind the transports; without transports it is this part alone. */
export function createRouter(local: LocalPart, transports: readonly Transport[] = []): Router {
  function reach(question: Question): readonly Reach[] {
    let reaches: Reach[] | undefined;
    for (const transport of transports) {
      const found = transport.reach(question);
      if (found === undefined) continue;
      reaches ??= [];
      reaches.push(found);
    }
    return reaches ?? nobodyElse;
  }

  /** As one part that answers, or refuses, for all of them. */
  async function gather<Asked extends Question>(question: Asked): Promise<Gathered<Asked['kind']>> {
    const gathered = await Promise.all(reach(question).map((one) => one.gather(question)));
    const [refusal] = gathered.flatMap(({refusals}) => refusals);
    if (refusal !== undefined) throw refusal;
    return {
      answers: gathered.flatMap(({answers}) => answers),
      refusals: [],
      silent: gathered.reduce((sum, {silent}) => sum + silent, 0),
      isLate: gathered.some(({isLate}) => isLate),
      missing: gathered.flatMap(({missing = []}) => missing),
    };
  }

  /** What all parts have of a page, added up by `merge`. */
  async function list<Kind extends keyof Rows>(
    own: Promise<Page<Rows[Kind]>>,
    others: Promise<Gathered<Kind>>,
    merge: (pages: readonly Page<Rows[Kind]>[], limit: number) => Page<Rows[Kind]>,
    limit: number,
  ): Promise<Listing<Rows[Kind]>> {
    const [mine, {answers, silent, missing = []}] = await Promise.all([own, others]);
    const pages = answers.map(({answer}) => answer as Page<Rows[Kind]>);
    const whole = merge([mine, ...pages], limit);
    // Of a broker's parts the number is all that is known.
    const unnamed = silent - missing.length;
    const names = [
      ...missing.map((name) => name.replace(/^https?:\/\//, '')),
      ...(unnamed > 0 ? [`${unnamed} more`] : []),
      ...(whole.missing ?? []),
    ];
    return {
      ...whole,
      covered: [local.name, ...answers.map(({part}) => part.replace(/^https?:\/\//, ''))],
      missing: names,
    };
  }

  const occupancy = createOccupancy(local, gather);

  return {
    publish(request, gathering) {
      const elsewhere = requestElsewhere(local, request);
      const others = elsewhere === undefined ? nobodyElse : reach({kind: 'publish', request: elsewhere});
      if (elsewhere === undefined || others.length === 0) return publishHere(local, request, gathering);
      const shared = {...request, message: local.nextPublication()};
      const asked = {...elsewhere, message: shared.message, ...(gathering && {follow: followOf(gathering)})};
      const progress = gathering?.addPart();
      const inOrder = others.find((one) => one.inOrder !== undefined)?.inOrder;
      const own =
        inOrder === undefined
          ? follow(local.publish(shared, progress), progress)
          : new Promise<PublishOutcome>((resolve) => {
              inOrder(() => resolve(follow(local.publish(shared, progress), progress)));
            });
      const theirs = others.map((one) => one.gather({kind: 'publish', request: asked}, gathering));
      gathering?.ready();
      return addUpOutcomes(shared.message, own, theirs);
    },

    subscribe: (subscription) => occupancy.join({...subscription, occupy: false}),

    occupy: (subscription, terms) => occupancy.occupy(subscription, terms),
    claim: (subscription) => occupancy.claim(subscription),
    mayClaim: (contest) => occupancy.mayClaim(contest),
    evict: (channel, token) => occupancy.evict(channel, token),

    async unsubscribe(subscription) {
      const [own, {answers, silent}] = await Promise.all([
        local.unsubscribe(subscription),
        gather({kind: 'unsubscribe', request: subscription}),
      ]);
      const refusal = [own, ...answers.map(({answer}) => answer)].find((outcome) => outcome !== 'done');
      return {outcome: refusal ?? 'done', isPartial: silent > 0};
    },

    async disconnect(disconnection) {
      const others = reach({kind: 'disconnect', request: disconnection});
      const theirs = others.map((one) => one.gather({kind: 'disconnect', request: disconnection}));
      const own = await local.disconnect(disconnection);
      return addUpDisconnected(own, await Promise.all(theirs));
    },

    // Two nodes may each have a connection of the identity: both are meant.
    async permit(permit) {
      const [own, {answers, silent}] = await Promise.all([
        local.permit(permit),
        gather({kind: 'permit', request: permit}),
      ]);
      const isDone = [own, ...answers.map(({answer}) => answer)].includes('done');
      return {outcome: isDone ? 'done' : 'noSuchConnection', isPartial: silent > 0};
    },

    async ask(query) {
      const [own, {answers, silent}] = await Promise.all([local.query(query), gather({kind: 'query', request: query})]);
      return {answers: [{part: local.name, answer: own}, ...answers], silent};
    },

    async find(identity) {
      const own = await local.find({identity});
      if (own !== undefined) return {client: own, part: local.name, isPartial: false};
      const {answers, silent} = await gather({kind: 'find', request: {identity}});
      // Of two owners the one with the higher token counts: the other is on its way out, or on a node of its own.
      const [newest] = answers
        .flatMap(({part, answer}) => (answer === undefined ? [] : [{part, client: answer}]))
        .sort((one, other) => other.client.fencingToken - one.client.fencingToken);
      return {client: newest?.client, part: newest?.part, isPartial: silent > 0};
    },

    async changed(request) {
      if (request.owner === local.name) return (await local.changes(request)) === 'done';
      const {answers} = await gather({kind: 'changes', request});
      return answers.length > 0;
    },

    async census(request) {
      const [own, {answers, silent}] = await Promise.all([local.census(request), gather({kind: 'census', request})]);
      return mergeCensus(request, [own, ...answers.map(({answer}) => answer)], silent > 0);
    },

    connections: (request) =>
      list<'connections'>(
        local.connections(request),
        gather({kind: 'connections', request}),
        mergeConnections,
        request.limit,
      ),

    channels: (request) =>
      list<'channels'>(local.channels(request), gather({kind: 'channels', request}), mergeChannels, request.limit),

    async info() {
      const [own, {answers, silent}] = await Promise.all([local.info(), gather({kind: 'info', request: undefined})]);
      const infos = [own, ...answers.map(({answer}) => answer)];
      return {
        ...mergeInfos(infos.filter((info): info is PartInfo => !isOtherNode(info))),
        nodes: infos.filter(isOtherNode),
        isPartial: silent > 0,
      };
    },
  };
}

function publishHere(local: LocalPart, request: PublishRequest, gathering: Gathering | undefined) {
  if (gathering === undefined) return local.publish(request);
  const progress = gathering.addPart();
  gathering.ready();
  return follow(local.publish(request, progress), progress);
}

/** The gathering hears that this part has answered, or cannot. */
async function follow(published: Promise<PublishOutcome>, progress: PartProgress | undefined): Promise<PublishOutcome> {
  if (progress === undefined) return published;
  let rest: RecipientOutcome = 'gone';
  try {
    const outcome = await published;
    rest = outcome.isTimedOut ? 'timeout' : 'open';
    return outcome;
  } finally {
    progress.done(rest);
  }
}

function followOf({wantsNames}: Gathering): 'counts' | 'names' {
  return wantsNames ? 'names' : 'counts';
}

/** What other parts are asked to publish; `undefined`: no client elsewhere is meant. */
function requestElsewhere(local: LocalPart, request: PublishRequest): PublishRequest | undefined {
  const {identity, audience} = request;
  if (identity !== undefined) return local.hasConnection(identity) ? undefined : request;
  if (audience === undefined) return request;
  const rest = withoutIdentities(audience, (one) => local.hasConnection(one));
  return isNobody(rest) ? undefined : {...request, audience: rest};
}

function isOtherNode(info: PartInfo | OtherNode): info is OtherNode {
  return 'server' in info;
}
