// Questions about idempotency keys on their way between nodes, and their answers: JSON, read with the distrust that the
// network deserves.

import type {KeyAnswer, KeyQuestion} from '../../router/keys.ts';

/** Of nodes alone; a node of another version has no such path, and owns its keys all the same: it counts as unreachable. */
export const nodeKeyPath = '/node/key/';

type Members = Readonly<Record<string, unknown>>;

const digestFormat = /^[0-9a-f]{64}$/;
const claimFormat = /^[0-9a-f]{32}$/;
const keyFormat = /^[\x20-\x7e]{1,255}$/;
const runsMsMax = 3_600_000;

/** The question in the body of a call; `undefined` where it has another form. */
export function readKeyQuestion(body: Uint8Array): KeyQuestion | undefined {
  const {kind, key, claim, call, runsMs, answer} = readJson(body) ?? {};
  if (typeof key !== 'string' || !keyFormat.test(key)) return undefined;
  if (typeof claim !== 'string' || !claimFormat.test(claim)) return undefined;
  switch (kind) {
    case 'claim':
      if (typeof call !== 'string' || !digestFormat.test(call)) return undefined;
      if (typeof runsMs !== 'number' || !(runsMs >= 0 && runsMs <= runsMsMax)) return undefined;
      return {kind, key, claim, call, runsMs};
    case 'settle':
      if (answer !== undefined && typeof answer !== 'string') return undefined;
      return {kind, key, claim, answer};
    case 'release':
      return {kind, key, claim};
    default:
      return undefined;
  }
}

const plainKinds = ['granted', 'running', 'conflict', 'unknown', 'full', 'done'] as const;

/** The answer in the body of what the node answered; `undefined` where it has another form. */
export function readKeyAnswer(body: Uint8Array): KeyAnswer | undefined {
  const {status, kind, answer} = readJson(body) ?? {};
  if (status !== 0) return undefined;
  if (kind === 'stored') return typeof answer === 'string' ? {kind, answer} : undefined;
  const plain = plainKinds.find((one) => one === kind);
  return plain && {kind: plain};
}

const utf8 = new TextDecoder('utf-8', {fatal: true});

function readJson(body: Uint8Array): Members | undefined {
  try {
    const value: unknown = JSON.parse(utf8.decode(body));
    return typeof value === 'object' && value !== null ? (value as Members) : undefined;
  } catch {
    // Not JSON: no question and no answer, whatever the parser says of it.
    return undefined;
  }
}
