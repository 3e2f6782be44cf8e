// The decision that the charts of received messages leave to their caller: whether a SEND repeats a message whose id is known.

/**
 * Whether a SEND with a known id is that message again, rather than a new one under the same id. Before its REL every SEND
 * with the id of a QoS 2 message repeats it, whatever its DUP bit; elsewhere DUP decides. [RB-21] [RB-22]
 *
 * `isUnanswered`: the call of the known message failed, so that only its id is left.
 */
export function isRepeat(qos: number, isDup: boolean, isUnanswered: boolean): boolean {
  return isDup || (qos === 2 && !isUnanswered);
}
