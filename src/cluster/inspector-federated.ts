// The whole gateway under inspection: every part is asked, and each answers for itself.

import type {Findings, Inspection} from './inspection.ts';
import type {Part, Peer} from './peer.ts';

/** What one part found. */
export interface PartFindings {
  /** Of the part, the same each time. */
  readonly part: string;
  readonly findings: Findings;
}

/** Puts a question to every part, to each in the words that `wordFor` has for it. */
export type Inspect = (wordFor: (part: string) => Inspection) => Promise<readonly PartFindings[]>;

/** `peers` is asked each time, since shards come and go. */
export function createFederatedInspector(local: Part, peers: () => readonly Peer[]): Inspect {
  return (wordFor) => {
    const asked = [{name: 'local', part: local}, ...peers().map((peer) => ({name: peer.name, part: peer as Part}))];
    return Promise.all(asked.map(async ({name, part}) => ({part: name, findings: await part.inspect(wordFor(name))})));
  };
}
