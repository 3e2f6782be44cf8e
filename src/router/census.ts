// Who joined and left channels, and who is there now, as the parts of the gateway report it to each other. Of each channel
// one thread of a node gathers what all threads of it report; before it reports them, it asks every part who is there.
// Plain data, since it crosses threads and networks.

/** What changed in one part during a turn. */
export interface ChannelChange {
  readonly channel: string;
  /** Of each identity, how often it joined less how often it left; absent where no client is to be notified. */
  readonly members: readonly (readonly [identity: string, by: number])[];
  /** 1: the channel has its first member in that part, -1: it has lost the last one, 0: neither. */
  readonly occupied: number;
}

/** To the part that gathers the changes of these channels. */
export interface ChangesRequest {
  /** Its name; no other part is concerned. */
  readonly owner: string;
  readonly changes: readonly ChannelChange[];
}

/** Who is in these channels? */
export interface CensusRequest {
  readonly channels: readonly {readonly name: string; readonly identities: readonly string[]}[];
  /** Whether {@link ChannelCensus.moves} are wanted: by another node. */
  readonly wantsMoves?: boolean;
}

/** Of one channel that was asked for. */
export interface ChannelCensus {
  readonly name: string;
  readonly connections: number;
  /** Those of the identities that were asked for which are members; as often as there are connections of it. */
  readonly present: readonly string[];
  /** How many threads have members of it. */
  readonly parts: number;
  /**
   * What the node has gathered of these identities, and of threads with members, and not reported yet. Who asks takes it back,
   * so that a client which goes from one node to another is reported by neither.
   */
  readonly moves?: Moves;
}

/** What has changed, and is not reported. */
export interface Moves {
  readonly members: readonly (readonly [identity: string, by: number])[];
  readonly occupied: number;
}

/** In the order of the question. */
export interface Census {
  readonly channels: readonly ChannelCensus[];
  readonly isPartial: boolean;
}

/** Several answers to one question as one. */
export function mergeCensus({channels}: CensusRequest, parts: readonly Census[], isPartial: boolean): Census {
  return {
    channels: channels.map(({name}, place) => {
      const all = parts.flatMap((part) => part.channels[place] ?? []);
      return {
        name,
        connections: all.reduce((sum, {connections}) => sum + connections, 0),
        present: all.flatMap(({present}) => present),
        parts: all.reduce((sum, one) => sum + one.parts, 0),
        ...movesOf(all),
      };
    }),
    isPartial: isPartial || parts.some((part) => part.isPartial),
  };
}

function movesOf(all: readonly ChannelCensus[]): {readonly moves?: Moves} {
  const moves = all.flatMap((one) => one.moves ?? []);
  if (moves.length === 0) return {};
  return {
    moves: {
      members: moves.flatMap(({members}) => members),
      occupied: moves.reduce((sum, {occupied}) => sum + occupied, 0),
    },
  };
}
