// Who gets how many of the files that the process may open; a socket is one. At the kernel's limit there is no event:
// new clients are dropped, calls to the business server fail, and with them the messages of clients that are inside. So what
// the gateway needs itself is kept back from the first, and clients are refused before the limit is met.
//
//   limit = own files | sockets to the business server | callers of the HTTP API | clients

import type {GatewayOptions} from '../config/options.ts';

/** The process's open files, shared out. */
export interface FileShares {
  /** Clients at a time, of the whole gateway; at most `connectionsMax`. */
  readonly clientsMax: number;
  /** Sockets of clients and callers, of each shard. */
  readonly socketsMax: number;
  /** Sockets of one upstream worker; at most `upstreamSocketsMax`. */
  readonly upstreamSocketsMax: number;
}

/** Log, modules, the event loop of the main thread: 23 were counted, and what they open now and then. */
const filesOfProcess = 32;
/** Its event loop and its channels: 5 were counted. */
const filesOfThread = 8;
/** Where the limit is low, the business server is left a quarter of it. */
const upstreamPart = 4;
/** Publishing must go on when every place of a client is taken. */
const callersPart = 8;
const callersMax = 1_024;

/** Shares out `limit`; with no limit everybody has what is configured. */
export function shareFiles(
  limit: number,
  options: Pick<GatewayOptions, 'threads' | 'upstreamWorkers' | 'upstreamSocketsMax' | 'connectionsMax'>,
): FileShares {
  const {threads, connectionsMax} = options;
  const workers = threads * options.upstreamWorkers;
  const free = Math.max(0, limit - filesOfProcess - filesOfThread * (threads + workers));
  const upstreamSocketsMax = atLeastOne(Math.min(options.upstreamSocketsMax, free / upstreamPart / workers));
  const sockets = Math.max(0, free - upstreamSocketsMax * workers);
  const callers = Math.min(callersMax, sockets / callersPart);
  return {
    clientsMax: atLeastOne(Math.min(connectionsMax, sockets - callers)),
    socketsMax: atLeastOne(sockets / threads),
    upstreamSocketsMax,
  };
}

/** How many files this process may open; `Infinity` where nothing is said. Node has raised the limit as far as it may. */
export function readFileLimit(): number {
  // The types do not know `excludeNetwork`.
  const report = process.report as typeof process.report & {excludeNetwork: boolean};
  const {excludeNetwork} = report;
  // Otherwise it would look up the names of the peers of a program that embeds the gateway.
  report.excludeNetwork = true;
  const {userLimits} = report.getReport() as UserLimits;
  report.excludeNetwork = excludeNetwork;
  const soft = userLimits?.open_files?.soft;
  return typeof soft === 'number' ? soft : Number.POSITIVE_INFINITY;
}

/** Of Node's diagnostic report, where the system has limits. */
interface UserLimits {
  readonly userLimits?: {readonly open_files?: {readonly soft?: unknown}};
}

function atLeastOne(count: number): number {
  return Math.max(1, Math.floor(count));
}
