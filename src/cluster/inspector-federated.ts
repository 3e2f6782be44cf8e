// A whole node under inspection: every part is asked, and each answers for itself. Other nodes are asked by whoever looks.

import type {Findings, Inspection} from './inspection.ts';

/** A part of this node. */
export interface InspectedPart {
  readonly name: string;
  inspect(question: Inspection): Promise<Findings>;
}

/** What one part found. */
export interface PartFindings {
  /** Of the part, the same each time. */
  readonly part: string;
  readonly findings: Findings;
}

/** Puts a question to every part, to each in the words that `wordFor` has for it. */
export type Inspect = (wordFor: (part: string) => Inspection) => Promise<readonly PartFindings[]>;

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
