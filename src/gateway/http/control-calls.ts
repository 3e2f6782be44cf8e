// The calls by which a business server acts on connections: /disconnect/. Unlike those of the original they refuse names that
// they do not know, and a signature is good for one of them.

import {apiPaths} from '../../protocol/api.ts';
import {emptyBytes} from '../../protocol/packet.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import type {Disconnection, Router} from '../../router/router.ts';
import {disconnectedText} from './api-answer.ts';
import type {ApiGate, ApiRequest} from './api-gate.ts';
import {isFromNode, readParameters, signatureCounts} from './api-query.ts';
import {readDisconnect} from './disconnect-request.ts';

/** What the calls are made of. */
export interface ControlCallsParts {
  /** The whole gateway, for callers. */
  readonly router: Router;
  /** This node alone, for other nodes. */
  readonly ownNode: Router;
}

/** Adds the calls. */
export function addControlCalls(gate: ApiGate, parts: ControlCallsParts): void {
  const routerFor = ({query}: ApiRequest): Router => (isFromNode(query) ? parts.ownNode : parts.router);

  gate.add<Disconnection>({
    method: 'POST',
    path: apiPaths.disconnect,
    read: (request) => refuseQuery(request) ?? readDisconnect(request.body ?? emptyBytes),
    run: async (disconnection, request) => disconnectedText(await routerFor(request).disconnect(disconnection)),
  });
}

/** Everything stands in the body. */
function refuseQuery({raw: {url = ''}}: ApiRequest): Refusal | undefined {
  const parameters = readParameters(url, {...signatureCounts, cluster: 'once'});
  return 'code' in parameters ? parameters : undefined;
}
