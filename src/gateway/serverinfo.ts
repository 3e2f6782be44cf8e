// The routes that tell rather than do: /serverinfo/ and /metrics/, and who may read them. Neither changes anything, so
// a repeated signature is no repeat worth refusing here.

import type {FastifyInstance, FastifyReply, FastifyRequest} from 'fastify';
import type {Counters} from '../core/counters.ts';
import {apiPaths} from '../protocol/api.ts';
import type {ApiAuthentication} from './api-authentication.ts';
import type {ApiRoute} from './api-calls.ts';
import {isFromNode} from './api-query.ts';
import type {ApiResponder} from './api-responder.ts';
import type {HttpDrain} from './http-drain.ts';
import type {Metrics} from './metrics.ts';
import type {GatewayOptions} from './options.ts';
import {clusterFactsText, factsText, gatherFacts, type ServerFactsParts} from './server-facts.ts';
import {pageHeaders, renderPage} from './serverinfo-page.ts';

/** What the routes are made of. */
export interface ServerinfoParts extends ServerFactsParts {
  /** Who may read. */
  readonly access: GatewayOptions['serverinfo'];
  /** Where refusals are counted. */
  readonly counters: Counters;
  readonly authentication: ApiAuthentication;
  readonly responder: ApiResponder;
  readonly drain: HttpDrain;
  readonly metrics: Metrics;
}

type ReadRequest = FastifyRequest<ApiRoute>;

/** Adds the routes. */
export function addServerinfo(app: FastifyInstance, parts: ServerinfoParts): void {
  const {responder, drain, metrics} = parts;
  const onRequest = (request: ReadRequest, reply: FastifyReply, done: () => void): void => {
    const refusal = mayRead(parts.access, request)
      ? undefined
      : parts.authentication.refuse(request.query, request.headers.authorization);
    if (refusal === undefined) {
      done();
    } else {
      parts.counters.signaturesRefused++;
      responder.refuseUnread(request, reply, refusal);
    }
  };
  const settle = (request: ReadRequest, reply: FastifyReply, answered: Promise<void>): void => {
    drain.begin();
    answered.catch((error: unknown) => responder.fail(request, reply, error)).finally(() => drain.end());
  };
  app.get<ApiRoute>(apiPaths.serverinfo, {onRequest}, (request, reply) => {
    settle(request, reply, answerFacts(parts, request, reply));
  });
  app.get<ApiRoute>(apiPaths.metrics, {onRequest}, (request, reply) => {
    settle(
      request,
      reply,
      metrics.text().then((text) => responder.answerAs(reply, metrics.contentType, text)),
    );
  });
}

async function answerFacts(parts: ServerinfoParts, request: ReadRequest, reply: FastifyReply): Promise<void> {
  const {responder} = parts;
  const isForNode = isFromNode(request.query);
  const facts = await gatherFacts(parts, addressOf(request), isForNode);
  if (isForNode) responder.answer(reply, clusterFactsText(facts));
  else if (wantsJson(request)) responder.answer(reply, factsText(facts));
  else responder.answerAs(reply.headers(pageHeaders), 'text/html; charset=utf-8', renderPage(facts));
}

function wantsJson({query, headers}: ReadRequest): boolean {
  return query.format === undefined ? /\bapplication\/json\b/i.test(headers.accept ?? '') : query.format === 'json';
}

function mayRead(access: GatewayOptions['serverinfo'], request: ReadRequest): boolean {
  switch (access) {
    case 'open':
      return true;
    case 'local':
      return isLocal(request);
    case 'signed':
      return false;
  }
}

const loopback = /^(?:::1|(?:::ffff:)?127(?:\.\d{1,3}){3})$/;

/** Whether a socket's address is this machine's own, in IPv4, IPv6 or IPv4 written as IPv6. */
export function isLoopback(address: string | undefined): boolean {
  return address !== undefined && loopback.test(address);
}

// Behind a proxy on the same machine everybody comes from loopback; what a proxy passes on shows by its headers.
function isLocal({headers, raw}: ReadRequest): boolean {
  const isPassedOn = (headers['x-forwarded-for'] ?? headers.forwarded ?? headers.via) !== undefined;
  return !isPassedOn && isLoopback(raw.socket.remoteAddress);
}

/** The address that the caller reached, IPv4 written as such. */
function addressOf({raw: {socket}}: ReadRequest): string {
  const address = (socket.localAddress ?? '').replace(/^::ffff:/, '');
  return `${address.includes(':') ? `[${address}]` : address}:${socket.localPort ?? 0}`;
}
