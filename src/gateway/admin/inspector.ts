// The inspector at /inspector/: its page, which anybody may load and which shows nothing by itself, and its feed, which wants
// the key. Only where the configuration says so.

import type {FastifyInstance, FastifyReply, FastifyRequest} from 'fastify';
import type {Counters} from '../../core/counters.ts';
import {inspectorPaths} from '../../story/trace-feed.ts';
import type {GatewayOptions} from '../config/options.ts';
import {type ApiRoute, open} from '../http/api-gate.ts';
import type {ApiResponder} from '../http/api-responder.ts';
import {BearerKeys} from '../http/bearer-keys.ts';
import {type PageFile, pagePolicy, readPageFiles} from './inspector-files.ts';

/** What the inspector is made of. */
export interface InspectorParts {
  readonly options: GatewayOptions;
  readonly counters: Counters;
  readonly responder: ApiResponder;
  readonly feed: (request: FastifyRequest<ApiRoute>, reply: FastifyReply) => void;
}

/** Adds the routes. */
export function addInspector(app: FastifyInstance, {options, counters, responder, feed}: InspectorParts): void {
  const keys = new BearerKeys([options.inspectorKey]);
  let files: ReadonlyMap<string, PageFile> | undefined;
  app.get<ApiRoute>(inspectorPaths.feed, open, (request, reply) => {
    if (keys.has(request.headers.authorization)) {
      feed(request, reply);
      return;
    }
    counters.signaturesRefused++;
    responder.refuse(reply, {
      code: 'RB_API_KEY',
      detail: 'The bearer key is missing, or is not inspector_key. Send Authorization: Bearer KEY.',
    });
  });
  const answerFile = (request: FastifyRequest, reply: FastifyReply): void => {
    files ??= readPageFiles();
    const path = /^[^?#]*/.exec(request.url)?.[0] ?? '';
    if (`${path}/` === inspectorPaths.page) {
      // The page asks for its files beside it. Relative, for proxies that put a folder before it.
      reply.redirect(`inspector/${request.url.slice(path.length)}`, 302);
      return;
    }
    const file = files.get(path);
    if (file === undefined) responder.refuse(reply, {code: 'RB_NO_SUCH_PATH'});
    else reply.headers(pagePolicy).header('content-type', file.contentType).send(file.bytes);
  };
  // A page that `rainbow replay` serves finds its recording there; this one shall ask for no file that is not there.
  app.get(inspectorPaths.recording, open, (_request, reply) => {
    reply.code(204).send();
  });
  app.get(inspectorPaths.page, open, answerFile);
  app.get(`${inspectorPaths.page}*`, open, answerFile);
}
