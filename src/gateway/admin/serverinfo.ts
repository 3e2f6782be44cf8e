// The routes that only report: /serverinfo/ and /metrics/, and who may read them.

import {apiPaths} from '../../protocol/api.ts';
import type {GatewayOptions} from '../config/options.ts';
import type {ApiGate, ApiOutcome, ApiRequest} from '../http/api-gate.ts';
import {ignoredBy, isFromNode, refuseParameters} from '../http/api-query.ts';
import {isLocalRequest} from '../http/local-request.ts';
import type {Metrics, MetricsParts} from './metrics.ts';
import {clusterFactsText, factsText, gatherFacts, type ServerFactsParts} from './server-facts.ts';
import {pageHeaders, renderPage} from './serverinfo-page.ts';

/** What the routes are made of. */
export interface ServerinfoParts extends ServerFactsParts, MetricsParts {
  /** Who may read. */
  readonly access: GatewayOptions['serverinfo'];
}

const ignoredByServerinfo = ignoredBy(['format', 'cluster']);

/** Adds the routes. */
export function addServerinfo(gate: ApiGate, parts: ServerinfoParts): void {
  const {access} = parts;
  let metrics: Promise<Metrics> | undefined;
  const isOpenTo = (request: ApiRequest): boolean => mayRead(access, request);
  gate.add({
    method: 'GET',
    path: apiPaths.serverinfo,
    isOpenTo,
    read: ({query}) => ({ignored: ignoredByServerinfo(query)}),
    run: (_wanted, request) => answerFacts(parts, request),
  });
  gate.add({
    method: 'GET',
    path: apiPaths.metrics,
    isOpenTo,
    read: ({url}) => refuseParameters(url) ?? {},
    run: async () => {
      // With its library: a gateway without scrapes never loads it.
      metrics ??= import('./metrics.ts').then(({Metrics}) => new Metrics(parts));
      const read = await metrics;
      return {contentType: read.contentType, body: await read.text()};
    },
  });
}

async function answerFacts(parts: ServerinfoParts, request: ApiRequest): Promise<ApiOutcome> {
  const isForNode = isFromNode(request.query);
  const facts = await gatherFacts(parts, addressOf(request), isForNode);
  if (isForNode) return clusterFactsText(facts);
  if (wantsJson(request)) return factsText(facts);
  return {contentType: 'text/html; charset=utf-8', headers: pageHeaders, body: renderPage(facts)};
}

function wantsJson({query, headers}: ApiRequest): boolean {
  return query.format === undefined ? /\bapplication\/json\b/i.test(headers.accept ?? '') : query.format === 'json';
}

function mayRead(access: GatewayOptions['serverinfo'], request: ApiRequest): boolean {
  switch (access) {
    case 'open':
      return true;
    case 'local':
      return isLocalRequest(request.raw);
    case 'signed':
      return false;
  }
}

/** The address that the caller reached, IPv4 written as such. */
function addressOf({raw: {socket}}: ApiRequest): string {
  const address = (socket.localAddress ?? '').replace(/^::ffff:/, '');
  return `${address.includes(':') ? `[${address}]` : address}:${socket.localPort ?? 0}`;
}
