// The last reply to a publication that was not empty, in bytes of its own: what the socket delivered is good for one turn.

/** Written over by the next reply of the same length. */
export class LastReply {
  bytes: Uint8Array | undefined;
  /** When it came, monotonic ms. */
  at = 0;

  /** Keeps `reply`, and returns by how many bytes what is kept has grown. */
  keep(reply: Uint8Array, at: number): number {
    this.at = at;
    const {bytes} = this;
    if (bytes?.length === reply.length) {
      bytes.set(reply);
      return 0;
    }
    this.bytes = new Uint8Array(reply);
    return reply.length - (bytes?.length ?? 0);
  }
}
