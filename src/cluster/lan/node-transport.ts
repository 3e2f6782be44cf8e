// How another node is reached: over HTTP in the product (node-http.ts), through a network that loses things in the
// simulation.

/** Where a node is, once it has proved that it is one. Plain data: it crosses threads. */
export interface NodePlace {
  /** Its id; of a node of the original, which has none, its origin. */
  readonly node: string;
  /** `http://host:port` */
  readonly origin: string;
  /** Whether it is a node of the original: it knows neither identities nor replies of all, and signs as callers do. */
  readonly isOriginal: boolean;
  /** How far its wall clock is ahead of ours, as measured by /hello/. */
  readonly clockOffsetMs: number;
}

/** A node that was announced, or stands in the configuration, and cannot be called: answers are partial. Plain data. */
export interface MissingNode {
  /** `host:port` */
  readonly server: string;
  /** Its id, where it was known before: it owns its idempotency keys still. */
  readonly node?: string;
  /** Why, in words. */
  readonly cause: string;
}

/** The nodes that are called, and those that cannot be, whenever that changes. Plain data likewise. */
export interface NodeList {
  readonly places: readonly NodePlace[];
  /** The ids of removed nodes that did not answer: calls under way to them are given up. */
  readonly lost: readonly string[];
  readonly missing: readonly MissingNode[];
}

/** A call as it goes out. */
export interface NodeRequest {
  readonly method: 'GET' | 'POST';
  /** With its query; for a node of the original with the signature in it. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
}

/** An answer with status 200. Any other status counts as no answer: nodes send their refusals with 200, too. */
export interface NodeAnswer {
  readonly body: Uint8Array;
  /** The header by which a node of ours proves it. */
  readonly proof: string | undefined;
}

/** The way to one node. */
export interface NodeTransport {
  /**
   * Sends a call, at most once. `settle` gets the answer, or `undefined` if no answer will come. It is called at most
   * once, and not after the returned function has cancelled the call. With `onChunk`, an answer of lines is handed over
   * as it comes, and settled with what follows the last chunk: nothing.
   */
  send(
    request: NodeRequest,
    settle: (answer: NodeAnswer | undefined) => void,
    onChunk?: (chunk: Uint8Array) => void,
  ): () => void;
  /** Ends what is under way. */
  close(): void;
}
