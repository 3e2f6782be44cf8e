// A business server in Fastify, version 5, which is not imported here.

import type {IncomingMessage} from 'node:http';
import {viewBytes} from '../core/bytes.ts';
import {toRequest} from './adapter-node.ts';
import type {Business} from './business.ts';

interface RequestOfFastify {
  readonly raw: IncomingMessage;
  readonly body?: unknown;
}

interface ReplyOfFastify {
  code(status: number): unknown;
  header(name: string, value: string): unknown;
  send(body: Uint8Array): unknown;
}

/** What is used of a Fastify instance. */
export interface FastifyScope {
  removeAllContentTypeParsers(): unknown;
  addContentTypeParser(
    type: string,
    options: {parseAs: 'buffer'},
    parser: (request: never, body: Buffer, done: (error: Error | null, body?: unknown) => void) => void,
  ): unknown;
  route(route: {
    method: string[];
    url: string;
    handler: (request: RequestOfFastify, reply: ReplyOfFastify) => Promise<unknown>;
  }): unknown;
}

/** `fastify.register(toFastify(app), {prefix: '/rainbow'})`. Bodies are bytes in its scope, and Fastify's own bound holds. */
export function toFastify(app: Business): (scope: FastifyScope) => Promise<void> {
  return async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', {parseAs: 'buffer'}, (_request, body, done) => done(null, body));
    scope.route({method: ['GET', 'POST'], url: '/*', handler: (request, reply) => answer(app, request, reply)});
  };
}

async function answer(app: Business, {raw, body}: RequestOfFastify, reply: ReplyOfFastify): Promise<unknown> {
  const response = await app(toRequest(raw, viewBytes(body) ?? new Uint8Array(0)));
  reply.code(response.status);
  for (const [name, value] of response.headers) reply.header(name, value);
  return reply.send(Buffer.from(await response.arrayBuffer()));
}
