// How another node is reached: over HTTP in the product (node-http.ts), through a network that loses things in the
// simulation.

/** Where a node is, once it has proved that it is one. Plain data: it crosses threads. */
export interface NodePlace {
  /** Its id; of a node of the original, which has none, its origin. */
  readonly node: string;
  /** `http://host:port` */
  readonly origin: string;
  /** Whether it is a node of the original: it knows neither identities nor replies of all, and signs nothing but calls. */
  readonly isOriginal: boolean;
}

/** The nodes that are called, whenever that changes. Plain data likewise. */
export interface NodeList {
  readonly places: readonly NodePlace[];
  /** Of those no longer in it, the ids of the ones that did not answer: nobody need wait for them any more. */
  readonly lost: readonly string[];
}

/** A call as it goes out. */
export interface NodeRequest {
  readonly method: 'GET' | 'POST';
  /** With its query, signature included. */
  readonly path: string;
  readonly body: Uint8Array;
}

/** The body of an answer, whatever its status: nodes of the original have but one. */
export type NodeAnswer = Uint8Array;

/** The way to one node. */
export interface NodeTransport {
  /**
   * Sends a call, at most once. `settle` gets the answer, or `undefined` where there will be none: at most once, and not
   * after the call was cancelled by what this returns.
   */
  send(request: NodeRequest, settle: (answer: NodeAnswer | undefined) => void): () => void;
  /** Ends what is under way. */
  close(): void;
}
