// A gateway of this package to be tested by `rainbow conformance --self`: in this process, on a free port, with a short
// retry interval.

import {systemRandom} from '../../core/random.ts';
import {defaultOptions} from '../../gateway/config/options.ts';
import {type Gateway, startGateway} from '../../gateway/gateway.ts';

/** Its retry interval. */
export const ownRetryMs = 500;

const tokenBytes = 16;

/** Starts it in front of the business server on `businessPort`. */
export async function startOwnGateway(businessPort: number): Promise<{gateway: Gateway; token: string}> {
  const token = systemRandom.hex(tokenBytes);
  const business = `http://127.0.0.1:${businessPort}`;
  const gateway = await startGateway({
    ...defaultOptions,
    host: '127.0.0.1',
    port: 0,
    connectUrl: `${business}/connect/`,
    forwardUrl: `${business}/message/`,
    closeUrl: `${business}/close/`,
    securityToken: token,
    retryIntervalMs: ownRetryMs,
    shutdownGraceMs: 1_000,
    logLevel: 'silent',
  });
  return {gateway, token};
}
