// What an answer about the gateway itself covers. Parts of this node are asked, other nodes are not; a reader of counts and
// stories must know which clients are not in them. [RB-66]

import type {QueryResults} from '../router/query.ts';

/** Added to an answer that does not cover everything. */
export interface Coverage {
  readonly partial: true;
  readonly coverage: {
    /** Threads of this node that did not answer. */
    readonly silentThreads: number;
    /** Other nodes, as `host:port`: none of them was asked. */
    readonly notAsked: readonly string[];
    /** The same for people. */
    readonly text: string;
  };
}

/** What is not covered by what was found; `undefined` where that is everything. */
export type CoverageOf = (found: QueryResults) => Coverage | undefined;

/** What is covered where that is everything, for people. */
export function wholeCoverage(threads: number): string {
  return `the whole gateway: ${plural(threads, 'thread')}, no other node`;
}

/** `threads` is how many should answer, `otherNodes` are those of the moment. */
export function createCoverage(threads: number, otherNodes: () => readonly string[]): CoverageOf {
  return ({answers}) => {
    const silentThreads = Math.max(0, threads - answers.length);
    const notAsked = otherNodes().toSorted();
    if (silentThreads === 0 && notAsked.length === 0) return undefined;
    const texts: string[] = [];
    if (notAsked.length > 0)
      texts.push(`this node only; not asked: ${plural(notAsked.length, 'other node')} (${list(notAsked)})`);
    if (silentThreads > 0) texts.push(`${silentThreads} of ${plural(threads, 'thread')} of this node did not answer`);
    return {partial: true, coverage: {silentThreads, notAsked, text: texts.join('; ')}};
  };
}

const namesShownMax = 3;

function list(names: readonly string[]): string {
  const shown = names.slice(0, namesShownMax).join(', ');
  return names.length > namesShownMax ? `${shown}, …` : shown;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
