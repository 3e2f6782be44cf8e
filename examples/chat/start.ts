// `npm start`: the chat's business server and a gateway in front of it, both on this machine alone. Ctrl-C ends both.

import {randomBytes} from 'node:crypto';
import {relative} from 'node:path';
import {fileURLToPath} from 'node:url';
import {takeSignals} from '../../src/cli/signals.ts';
import {readConfiguration} from '../../src/gateway/config/configuration.ts';
import {formatFault} from '../../src/gateway/config/configuration-report.ts';
import type {GatewayOptions} from '../../src/gateway/config/options.ts';
import {type Gateway, startGateway} from '../../src/gateway/gateway.ts';
import {type Chat, startChat} from './business-server.ts';

const exitFailure = 1;
const exitConfiguration = 78;
/** As in config/server.ini. */
const exampleKey = 'change-me-please-api-key';
const loopbackHosts = ['localhost', '127.0.0.1'];

const file = relative(process.cwd(), fileURLToPath(new URL('../../config/server.ini', import.meta.url)));
const inspectorKey = randomBytes(12).toString('hex');
const options = configure();
let gateway: Gateway | undefined;
const chat = await startChat({
  port: Number(new URL(options.connectUrl).port || 80),
  token: options.securityToken,
  gatewayUrl: () => gateway?.url ?? '',
  log: (line) => console.log(`chat: ${line}`),
}).catch((error: unknown) => giveUp(error, 'connect_url, forward_url and close_url'));
gateway = await startGateway(withRealPort(options, chat)).catch((error: unknown) => giveUp(error, 'port'));
explain(gateway, chat);
takeSignals({end: () => void stop(), ignore: (_signal, reason) => console.log(reason)});

function configure(): GatewayOptions {
  const configuration = readConfiguration({file, environment: process.env, flags: {host: '127.0.0.1'}});
  for (const warning of configuration.warnings) console.error(warning);
  if (configuration.kind === 'faulty') {
    for (const fault of configuration.faults) console.error(formatFault(fault));
    process.exit(exitConfiguration);
  }
  const {hostname} = new URL(configuration.options.connectUrl);
  if (!loopbackHosts.includes(hostname)) {
    console.error(`connect_url leads to ${hostname}, and the chat runs on this machine. Set it to http://127.0.0.1.`);
    console.error('To start the gateway alone: npx rainbow-server -f config/server.ini');
    process.exit(exitConfiguration);
  }
  return withReadableLog(withInspector(configuration.options));
}

// What is printed here is for people, also where it goes through a pipe; only `log_format` can ask for JSON lines.
function withReadableLog(configured: GatewayOptions): GatewayOptions {
  return configured.logFormat === 'auto' ? {...configured, logFormat: 'pretty'} : configured;
}

// A demo is there to be looked at. Where the configuration has no inspector, this one is on, with a key that ends with it.
function withInspector(configured: GatewayOptions): GatewayOptions {
  if (configured.inspector === 'on') return configured;
  return {...configured, inspector: 'on', inspectorKey, traceRate: 1};
}

// With port 0 in the URLs the chat picks a free one.
function withRealPort(configured: GatewayOptions, {port}: Chat): GatewayOptions {
  const {connectUrl, forwardUrl, closeUrl} = configured;
  const [connect = '', forward = '', close = ''] = [connectUrl, forwardUrl, closeUrl].map((url) =>
    url.replace(/^(https?:\/\/[^/:]+):0\//, `$1:${port}/`),
  );
  return {...configured, connectUrl: connect, forwardUrl: forward, closeUrl: close};
}

function explain({url, port}: Gateway, business: Chat): void {
  const query = 'channel=lobby&msgtype=2&qos=1';
  console.log(`Gateway          ${url}, configured by ${file}`);
  console.log(`Business server  http://127.0.0.1:${business.port}, examples/chat/business-server.ts`);
  const page = `http://127.0.0.1:${business.port}/, in as many tabs as you like`;
  console.log(`Chat page        ${business.hasPage ? page : 'not built: npm run build:pages, and start again'}`);
  console.log(`Connect          npx node examples/chat/client.ts ann${port === 1984 ? '' : ` ws://127.0.0.1:${port}`}`);
  // A key of one's own is not printed; the example's is no secret.
  const isExample = options.apiKeys.includes(exampleKey);
  const push = isExample
    ? `-H 'Authorization: Bearer ${exampleKey}' "${url}/send/?${query}"`
    : `"${url}/send/?${query}&$(npx rainbow sign)"`;
  console.log(`Push             curl ${push} -d '{"text":"hello from curl"}'`);
  // A secret of the configuration is not printed.
  const key = options.inspectorKey === inspectorKey ? inspectorKey : `inspector_key of ${file}`;
  console.log(`Inspector        ${url}/inspector/, its key is ${key}`);
  console.log('End both         Ctrl-C');
}

async function giveUp(error: unknown, keys: string): Promise<never> {
  const {code, port} = error as {code?: unknown; port?: unknown};
  if (code === 'EADDRINUSE') {
    console.error(`Port ${String(port)} of 127.0.0.1 is taken: end what listens there, or change ${keys} in ${file}.`);
  } else console.error(error);
  process.exit(exitFailure);
}

// Under npm, Ctrl-C comes twice: from the terminal and from npm. The second finds the end under way.
let isStopping = false;

async function stop(): Promise<void> {
  if (isStopping) return;
  isStopping = true;
  // The gateway first: its close calls want the business server.
  await gateway?.close();
  await chat.close();
  process.exit(0);
}
