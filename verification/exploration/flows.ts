// The flows of the receiving tables as numbers of a state: how many there are, one number each, then the calls that wait as
// places among them. Equal situations have equal numbers: flows with a call come first, in the order of their calls.

import type {World} from './world.ts';

/** One message at the receiver, as actors/inbound.ts has it. */
export interface TableFlow {
  state: number;
  message: number;
  id: number;
  /** Whether its id leads to it. */
  isKnown: boolean;
  /** Whether the business server has processed it. */
  isProcessed: boolean;
  /** Whether the business server has said so. */
  isAccepted: boolean;
  repliesKept: number;
}

/** Flows, and those whose call waits or runs, the running one first. A flow may wait twice in a mutant. */
export interface OpenFlows {
  readonly flows: TableFlow[];
  readonly calls: TableFlow[];
}

/** Reads a receiver's numbers. */
export function openFlows(numbers: readonly number[]): OpenFlows {
  const count = numbers[0] as number;
  const flows: TableFlow[] = [];
  for (let place = 1; place <= count; place++) flows.push(decodeFlow(numbers[place] as number));
  const calls: TableFlow[] = [];
  for (let place = count + 1; place < numbers.length; place++) calls.push(flows[numbers[place] as number] as TableFlow);
  return {flows, calls};
}

/** Writes them back; what is neither known nor called for is gone. */
export function writeFlows(world: World, {flows, calls}: OpenFlows): void {
  const ordered = [...new Set(calls)];
  const resting = flows.filter((flow) => flow.isKnown && !ordered.includes(flow));
  resting.sort((left, right) => encodeFlow(left) - encodeFlow(right));
  ordered.push(...resting);
  world.receiver = [ordered.length, ...ordered.map(encodeFlow), ...calls.map((flow) => ordered.indexOf(flow))];
}

function encodeFlow(flow: TableFlow): number {
  return (
    flow.state |
    (flow.message << 4) |
    (flow.id << 6) |
    (Number(flow.isKnown) << 8) |
    (Number(flow.isProcessed) << 9) |
    (Number(flow.isAccepted) << 10) |
    (flow.repliesKept << 11)
  );
}

function decodeFlow(code: number): TableFlow {
  return {
    state: code & 15,
    message: (code >> 4) & 3,
    id: (code >> 6) & 3,
    isKnown: (code & 256) !== 0,
    isProcessed: (code & 512) !== 0,
    isAccepted: (code & 1024) !== 0,
    repliesKept: code >> 11,
  };
}
