// How other nodes of the cluster come in: the question /hello/, and their calls, each of which is signed for this node, this
// request and this moment (protocol/node-call.ts). Exists only where a cluster is configured.
//
//   RAINBOWNODECALL? --> form, proof, time --> body --> the one that was signed? --> made before? --> handler --> answer, signed

import type {IncomingMessage} from 'node:http';
import {Readable} from 'node:stream';
import type {FastifyInstance, FastifyReply} from 'fastify';
import {addressOf, answerHello, placeOf} from '../../cluster/lan/hello.ts';
import type {Clock} from '../../core/clock.ts';
import type {Counters} from '../../core/counters.ts';
import {
  headerNode,
  headerNodeAnswer,
  headerNodeCall,
  headerNodePlace,
  headerNodeProof,
  headerNodeTime,
} from '../../protocol/header-name.ts';
import {
  isBodyOf,
  isNodeCall,
  type NodeCallClaim,
  readNodeCall,
  signNodeAnswer,
  signNodeLine,
} from '../../protocol/node-call.ts';
import type {NodeKeys} from '../../protocol/node-proof.ts';
import {emptyBytes} from '../../protocol/packet.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import {signatureWindowSeconds} from '../../protocol/signature.ts';
import type {ApiResponder} from './api-responder.ts';
import {linesType} from './line-stream.ts';
import type {ReplayGuard} from './replay-guard.ts';

/** What the gate is made of. */
export interface NodeGateParts {
  readonly keys: NodeKeys;
  /** The id of this node. */
  readonly node: string;
  /** Where others reach this node, if not at the address of its sockets, else empty. */
  readonly clusterAddress: string;
  readonly clock: Clock;
  readonly guard: ReplayGuard;
}

type RawRequest = Pick<IncomingMessage, 'headers' | 'method' | 'url' | 'socket'>;

const callHeader = headerNodeCall.toLowerCase();
const nodeHeader = headerNode.toLowerCase();
const proofHeader = headerNodeProof.toLowerCase();

/** Admits the calls of other nodes, and signs the answers. */
export class NodeGate {
  readonly #parts: NodeGateParts;
  /** Requests whose proof was right. */
  readonly #claims = new WeakMap<RawRequest, NodeCallClaim>();

  constructor(parts: NodeGateParts) {
    this.#parts = parts;
  }

  /** Lets the calls of nodes in once their bodies are read, and signs what is answered to them. */
  install(app: FastifyInstance, responder: ApiResponder, counters: Counters): void {
    app.addHook('preHandler', (request, reply, done) => {
      const refusal = this.#claims.has(request.raw) ? this.#admit(request.raw, request.body) : undefined;
      if (refusal === undefined) {
        done();
      } else {
        counters.signaturesRefused++;
        responder.refuse(reply, refusal);
      }
    });
    app.addHook('onSend', async (request, reply, payload) => {
      const claim = this.#claims.get(request.raw);
      if (claim === undefined) return payload;
      if (payload instanceof Readable && reply.getHeader('content-type') === linesType) {
        return Readable.from(this.#signLines(claim, payload));
      }
      const body = await collect(payload);
      reply.header(headerNodeAnswer, signNodeAnswer(this.#parts.keys, claim.proof, body));
      return body;
    });
  }

  /** Each line goes out as it comes, with a proof of its own ahead of it. */
  async *#signLines({proof}: NodeCallClaim, lines: Readable): AsyncGenerator<string, void, void> {
    let place = 0;
    for await (const chunk of lines as AsyncIterable<string>) {
      const line = chunk.trimEnd();
      yield `${signNodeLine(this.#parts.keys, proof, place++, Buffer.from(line))} ${line}\n`;
    }
  }

  /** Whether the request claims to be a call of a node: then its proof decides, and no signature or key. */
  isClaimed({headers}: RawRequest): boolean {
    return headers[callHeader] !== undefined;
  }

  /** Whether {@link refuse} found the proof right. */
  isProved(request: RawRequest): boolean {
    return this.#claims.has(request);
  }

  /** Before the body is read: `undefined` where the call may go on. */
  refuse(request: RawRequest): Refusal | undefined {
    const {keys, node} = this.#parts;
    const {method = '', url = '', headers} = request;
    const header = headers[callHeader];
    const claim = typeof header === 'string' ? readNodeCall(header) : undefined;
    if (claim === undefined) return {code: 'RB_SIGNATURE_MALFORMED', detail: `Malformed header ${headerNodeCall}`};
    if (!isNodeCall(keys, claim, {method, target: url, receiver: node})) {
      const detail = `Wrong proof in ${headerNodeCall}: another token, another node, or another request`;
      return {code: 'RB_SIGNATURE', detail};
    }
    const expired = this.#refuseExpired(claim);
    if (expired === undefined) this.#claims.set(request, claim);
    return expired;
  }

  // The body must be the one that was signed, in time, and the call not made before.
  #admit(request: RawRequest, body: unknown): Refusal | undefined {
    const claim = this.#claims.get(request);
    if (claim === undefined) return {code: 'RB_SIGNATURE'};
    if (!isBodyOf(claim, body instanceof Uint8Array ? body : emptyBytes))
      return {code: 'RB_SIGNATURE', detail: 'The body is not the one that was signed'};
    // The body may have taken longer than the window lasted, and the guard forgets by the window.
    const expired = this.#refuseExpired(claim);
    if (expired !== undefined) return expired;
    const admission = this.#parts.guard.admit({signature: claim.proof, meaning: undefined, body: emptyBytes});
    if (admission === 'repeated') return {code: 'RB_SIGNATURE_REPLAYED', detail: 'This call was made before'};
    return admission === 'full' ? {code: 'RB_OVERLOADED', detail: 'No room to remember this call'} : undefined;
  }

  /** What is answered to /hello/ beside `ok`: nothing to a stranger. */
  hello({headers, socket}: RawRequest, nonce: string | undefined, reply: FastifyReply): void {
    const {keys, node, clock, clusterAddress} = this.#parts;
    const path = {
      place: clusterAddress === '' ? placeOf(socket.localAddress, socket.localPort) : clusterAddress,
      asker: addressOf(socket.remoteAddress),
    };
    const question = {
      ...(nonce !== undefined && {nonce}),
      ...textOf('node', headers[nodeHeader]),
      ...textOf('proof', headers[proofHeader]),
    };
    const said = answerHello(keys, question, {node, wallMs: clock.wallNow(), path});
    if (said === undefined) return;
    reply.headers({
      [headerNode]: said.node,
      [headerNodeTime]: String(said.wallMs),
      [headerNodePlace]: `${said.place} ${said.asker}`,
      [headerNodeProof]: said.proof,
    });
  }

  #refuseExpired({wallMs}: NodeCallClaim): Refusal | undefined {
    const offsetSeconds = (wallMs - this.#parts.clock.wallNow()) / 1000;
    if (Math.abs(offsetSeconds) < signatureWindowSeconds) return undefined;
    const side = offsetSeconds < 0 ? 'behind' : 'ahead of';
    const detail = `The call is ${Math.abs(offsetSeconds).toFixed(1)} s ${side} the clock of this node`;
    return {code: 'RB_SIGNATURE_EXPIRED', detail: `${detail} (limit ${signatureWindowSeconds} s)`};
  }
}

/** All of an answer, since its proof goes ahead of it. One that is made in pieces is bounded for nodes, see api-answer.ts. */
async function collect(payload: unknown): Promise<Buffer> {
  if (typeof payload === 'string') return Buffer.from(payload);
  if (payload instanceof Uint8Array) return Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  if (!(payload instanceof Readable)) return Buffer.alloc(0);
  const chunks: Buffer[] = [];
  for await (const chunk of payload as AsyncIterable<Buffer | string>) chunks.push(Buffer.from(chunk as string));
  return Buffer.concat(chunks);
}

function textOf<Name extends string>(name: Name, value: string | readonly string[] | undefined) {
  return typeof value === 'string' ? ({[name]: value} as Record<Name, string>) : undefined;
}
