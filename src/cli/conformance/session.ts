// A conformance run from its parameters to its report: starts the business server, and with `self` the gateway; ends both.

import {systemClock} from '../../core/clock.ts';
import {apiPaths} from '../../protocol/api.ts';
import {ownRetryMs, startOwnGateway} from './own-gateway.ts';
import {type ConformanceReport, runConformance} from './runner.ts';
import {ScriptedBusiness} from './scripted-business.ts';
import {readVectors, type Vectors} from './vectors.ts';

/** Which server, and how it is configured. */
export type ConformanceTarget =
  | {readonly kind: 'self'}
  | {
      readonly kind: 'server';
      /** `ws://host:port/connect/` */
      readonly url: string;
      readonly token: string;
      /** Where the server under test calls its business server. */
      readonly businessHost: string;
      readonly businessPort: number;
      readonly retryMs: number;
    };

/** Runs the vectors of the package, or those given, against `target`. */
export async function testConformance(target: ConformanceTarget, vectors?: Vectors): Promise<ConformanceReport> {
  const all = vectors ?? readVectors();
  if (target.kind === 'server') {
    const business = await ScriptedBusiness.start(target.businessHost, target.businessPort, systemClock);
    try {
      return await run(target.url, target.token, target.retryMs, business, all);
    } finally {
      await business.close();
    }
  }
  const business = await ScriptedBusiness.start('127.0.0.1', 0, systemClock);
  try {
    const {gateway, token} = await startOwnGateway(business.port);
    try {
      const url = `${gateway.url.replace(/^http/, 'ws')}${apiPaths.connect}`;
      return await run(url, token, ownRetryMs, business, all);
    } finally {
      await gateway.close();
    }
  } finally {
    await business.close();
  }
}

async function run(
  url: string,
  token: string,
  retryMs: number,
  business: ScriptedBusiness,
  vectors: Vectors,
): Promise<ConformanceReport> {
  const base = url
    .replace(/\?.*/s, '')
    .replace(/^ws/, 'http')
    .replace(/\/connect\/?$/, '');
  const api = {url: base, credentials: {kind: 'token', token}} as const;
  return await runConformance({url, api, business, clock: systemClock, retryMs}, vectors);
}
