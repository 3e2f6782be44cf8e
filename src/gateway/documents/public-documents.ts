// The routes where the gateway describes itself: the protocol, OpenAPI and AsyncAPI. Open to everybody, since all of it
// stands in the package as well; nothing of this gateway's configuration is in them.

import {createHash} from 'node:crypto';
import type {FastifyInstance} from 'fastify';
import {documentPaths} from '../../protocol/api.ts';
import {open} from '../http/api-gate.ts';
import type {ApiResponder} from '../http/api-responder.ts';
import {asyncapiDocument} from './asyncapi-document.ts';
import {openapiDocument} from './openapi-document.ts';
import {protocolDocument} from './protocol-document.ts';

const jsonType = 'application/json; charset=utf-8';

/** By the names of {@link documentPaths}. */
const makers: Readonly<Record<keyof typeof documentPaths, () => object>> = {
  protocol: protocolDocument,
  openapi: openapiDocument,
  asyncapi: asyncapiDocument,
};

interface Page {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** Adds the routes. A document is made when it is first asked for, and its bytes are kept. */
export function addPublicDocuments(app: FastifyInstance, responder: ApiResponder): void {
  for (const name of Object.keys(documentPaths) as (keyof typeof documentPaths)[]) {
    let page: Page | undefined;
    app.get(documentPaths[name], open, (request, reply) => {
      page ??= makePage(makers[name]());
      reply.headers(page.headers);
      if (isKnown(request.headers['if-none-match'], page)) reply.code(304).send();
      else responder.answerAs(reply, jsonType, page.body);
    });
  }
}

function makePage(document: object): Page {
  const body = Buffer.from(JSON.stringify(document));
  const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
  // Asked for again each time, and answered 304: another version may answer next. Pages of other origins may read them.
  return {body, headers: {etag, 'cache-control': 'no-cache', 'access-control-allow-origin': '*'}};
}

function isKnown(header: string | undefined, {headers}: Page): boolean {
  const tags = header?.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  return tags?.some((tag) => tag === '*' || tag === headers.etag) ?? false;
}
