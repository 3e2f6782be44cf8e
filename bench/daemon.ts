// The gateway in a process of its own, as the benchmark's server under test: all defaults but what the order says. The
// folder of the checkout is an argument, so that an older revision can be run by this same file (compare.ts).

import {existsSync} from 'node:fs';
import {pathToFileURL} from 'node:url';
import {serveDesk} from './desk.ts';
import {serverDesk} from './process-report.ts';

type GatewayModule = typeof import('../src/gateway/gateway.ts');
type OptionsModule = typeof import('../src/gateway/config/options.ts');
type GatewayOptions = import('../src/gateway/config/options.ts').GatewayOptions;

const [root = '', given = '{}'] = process.argv.slice(2);
const folder = pathToFileURL(`${root}/`);
// What is imported depends on the revision; its types are taken to be ours.
const {startGateway} = (await import(new URL('src/gateway/gateway.ts', folder).href)) as GatewayModule;
const optionFiles = ['src/gateway/config/options.ts', 'src/gateway/options.ts'].map((path) => new URL(path, folder));
const {defaultOptions} = (await import(optionFiles.find((file) => existsSync(file))?.href ?? '')) as OptionsModule;
// What the benchmark gives beside the defaults; together they are all options.
const options = {
  ...defaultOptions,
  host: '127.0.0.1',
  port: 0,
  logLevel: 'warn',
  ...JSON.parse(given),
} as GatewayOptions;
const gateway = await startGateway(options);

serveDesk(
  serverDesk(() => gateway.counters),
  {port: gateway.port},
);
