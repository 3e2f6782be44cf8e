// Reads what another node reports of its recipients while a publication runs there: lines of JSON, each with the proof that
// it is the called node's. What is not proved, or no JSON, ends the reading.
//
//   PROOF {"begun":3,"names":[]}      PROOF {"identity":"…","outcome":"confirmed","reply":"yes","ms":4}      PROOF {"status":0,…}

import type {RecipientOutcome} from '../../protocol/api.ts';
import {isNodeLine} from '../../protocol/node-call.ts';
import type {NodeKeys} from '../../protocol/node-proof.ts';
import {emptyBytes} from '../../protocol/packet.ts';
import type {PartProgress} from '../../router/gathering.ts';

/** Of one line: the names of all recipients, at most. */
const lineBytesMax = 16_777_216;
const lineFeed = 0x0a;
/** Hex digits, and the blank behind them. */
const proofLength = 65;

const outcomes: ReadonlySet<unknown> = new Set<RecipientOutcome>(['confirmed', 'refused', 'gone', 'failed', 'queued']);

/** Reads the lines of one answer. */
export class NodeLines {
  readonly #keys: NodeKeys;
  readonly #progress: PartProgress;
  /** The proof of the call. */
  call = '';
  #rest: Uint8Array[] = [];
  #restBytes = 0;
  #place = 0;
  #isBroken = false;
  /** The last line, the answer itself, once it has come. */
  answer: Uint8Array | undefined;

  constructor(keys: NodeKeys, progress: PartProgress) {
    this.#keys = keys;
    this.#progress = progress;
  }

  /** More bytes of the answer. */
  push(chunk: Uint8Array): void {
    let from = 0;
    while (!this.#isBroken) {
      const end = chunk.indexOf(lineFeed, from);
      if (end < 0) break;
      const line = Buffer.concat([...this.#rest, chunk.subarray(from, end)]);
      this.#rest = [];
      this.#restBytes = 0;
      from = end + 1;
      this.#isBroken = !this.#read(line);
    }
    const left = chunk.subarray(from);
    this.#restBytes += left.length;
    this.#isBroken ||= this.#restBytes > lineBytesMax;
    if (left.length > 0 && !this.#isBroken) this.#rest.push(Uint8Array.from(left));
  }

  #read(bytes: Buffer): boolean {
    const proof = bytes.toString('latin1', 0, proofLength - 1);
    const line = bytes.subarray(proofLength);
    if (!isNodeLine(this.#keys, this.call, this.#place++, line, proof)) return false;
    let json: unknown;
    try {
      json = JSON.parse(line.toString());
    } catch {
      // A node of ours writes no such line; without the rest its answer is no answer.
      return false;
    }
    if (typeof json !== 'object' || json === null) return false;
    this.#hear(json as Members, line);
    return true;
  }

  #hear(json: Members, line: Uint8Array): void {
    const {begun, names, status} = json;
    if (typeof begun === 'number') {
      const texts = Array.isArray(names) ? names.filter((name) => typeof name === 'string') : [];
      this.#progress.begun(begun, texts);
    } else if (status !== undefined) {
      this.answer = line;
    } else if (typeof json.identity === 'string' && outcomes.has(json.outcome)) {
      this.#progress.settled({
        identity: json.identity,
        outcome: json.outcome as RecipientOutcome,
        data: replyOf(json),
        ms: typeof json.ms === 'number' ? json.ms : 0,
      });
    }
  }
}

type Members = Readonly<Record<string, unknown>>;

function replyOf({reply, encoding}: Members): Uint8Array {
  if (typeof reply !== 'string' || reply === '') return emptyBytes;
  return Buffer.from(reply, encoding === 'base64' ? 'base64' : 'utf8');
}
