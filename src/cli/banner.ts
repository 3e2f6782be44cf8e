// What a person sees on the terminal when a gateway has started.

import {hideUrlSecrets} from '../gateway/config/configuration-urls.ts';
import type {GatewayOptions} from '../gateway/config/options.ts';
import {version} from '../gateway/config/version.ts';
import {apiPaths} from '../protocol/api.ts';

/** Where it listens, what it calls and how to stop it; no secrets. */
export function describeStart(url: string, options: GatewayOptions): string {
  const {host, connectUrl, forwardUrl, closeUrl} = options;
  const others = [apiPaths.subscribe, apiPaths.unsubscribe, apiPaths.serverinfo].join(', ');
  const isEverywhere = host === '0.0.0.0' || host === '::';
  return [
    `Rainbow ${version}, process ${process.pid} on Node.js ${process.versions.node}`,
    `  clients   ${url.replace(/^http/, 'ws')}${apiPaths.connect}${isEverywhere ? ', and on every other address here' : ''}`,
    `  HTTP API  ${url}${apiPaths.send}, ${others}`,
    `  calls     ${hideUrlSecrets(connectUrl)}`,
    `            ${hideUrlSecrets(forwardUrl)}`,
    `            ${hideUrlSecrets(closeUrl)}`,
    '  Ctrl-C stops it.',
    '',
  ].join('\n');
}
