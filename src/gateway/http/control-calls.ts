// The calls by which a business server acts on connections: /disconnect/ and /permissions/. Unlike those of the original they refuse names that
// they do not know, and a signature is good for one of them.

import {apiPaths} from '../../protocol/api.ts';
import {emptyBytes} from '../../protocol/packet.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import type {Disconnection, Permit, Router} from '../../router/router.ts';
import {disconnectedText, doneText} from './api-answer.ts';
import type {ApiGate, ApiRequest} from './api-gate.ts';
import {isFromNode, readParameters, signatureCounts} from './api-query.ts';
import {readDisconnect} from './disconnect-request.ts';
import {readPermit} from './permit-request.ts';

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

  gate.add<Permit>({
    method: 'POST',
    path: apiPaths.permissions,
    read: (request) => refuseQuery(request) ?? readPermit(request.body ?? emptyBytes),
    run: async (permit, request) => {
      const {outcome, isPartial} = await routerFor(request).permit(permit);
      return outcome === 'done' ? doneText(isPartial) : {code: 'RB_NO_SUCH_CONNECTION', isPartial};
    },
  });
}

/** Everything stands in the body. */
function refuseQuery({raw: {url = ''}}: ApiRequest): Refusal | undefined {
  const parameters = readParameters(url, {...signatureCounts, cluster: 'once'});
  return 'code' in parameters ? parameters : undefined;
}
