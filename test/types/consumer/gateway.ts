// A program that embeds a gateway. Compiled in copies by declarations.test.ts, never run.

import {type Gateway, startGateway} from 'rainbow-server';

type GatewayOptions = Parameters<typeof startGateway>[0];

export async function withGateway(options: GatewayOptions, use: (url: string) => Promise<void>): Promise<number> {
  const gateway: Gateway = await startGateway({...options, port: 0});
  await use(gateway.url);
  await gateway.close();
  const {counters} = gateway;
  return Object.values<number>(counters).length;
}
