// A whole node under inspection: every part is asked, and each answers for itself. Other nodes are asked by whoever looks.

import type {Query, QueryResult} from '../router/query.ts';

/** A part of this node. */
export interface InspectedPart {
  readonly name: string;
  inspect(question: Query): Promise<QueryResult>;
}

/** What one part found. */
export interface PartResult {
  /** Of the part, the same each time. */
  readonly part: string;
  readonly findings: QueryResult;
}

/** Puts a question to every part, to each in the words that `wordFor` has for it. */
export type Inspect = (wordFor: (part: string) => Query) => Promise<readonly PartResult[]>;

/** `peers` is asked each time, since shards come and go. */
export function createFederatedInspector(
  local: Pick<InspectedPart, 'inspect'>,
  peers: () => readonly InspectedPart[],
): Inspect {
  return (wordFor) => {
    const asked = [{name: 'local', part: local}, ...peers().map((peer) => ({name: peer.name, part: peer}))];
    return Promise.all(asked.map(async ({name, part}) => ({part: name, findings: await part.inspect(wordFor(name))})));
  };
}
