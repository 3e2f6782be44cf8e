// What a thread counts. The numbers lie in memory that the threads of a node share, one piece a thread, so that a count
// on the hot path is one addition and /metrics reads the sums without asking anybody. Every name stands here with its
// meaning.

const meanings = {
  connectionsOpened: 'connections accepted by the business server and upgraded',
  connectionsClosed: 'connections ended, however',
  sessionsOpened: 'sessions of rainbow.v2 opened',
  sessionsResumed: 'sessions of rainbow.v2 that went on with another connection',
  sessionsExpired: 'sessions of rainbow.v2 that ended since their client did not come back in time',
  connectionsCrashed: 'connections closed 1011 since their actor failed',
  heartbeatsMissed: 'connections closed for silence',
  handshakesRefused: 'upgrades answered 401: refused by the business server or without a device',
  originsRefused: 'upgrades answered 403: from an origin that is not in allowed_origins',
  handshakesFailed: 'upgrades answered 503: the business server failed, or too many at a time',
  handshakesInvalid: 'requests to /connect/ that are no valid WebSocket upgrade, and upgrades of another path',
  handshakesAbandoned: 'clients that vanished before their connect call was answered',
  socketsDropped: 'connections closed unheard, since the process may open no more files',
  framesInvalid: 'connections that broke the WebSocket protocol or sent too large a message',
  packetsIn: 'packets received, faults included',
  packetsFaulty: 'WebSocket messages that are not a packet, ignored',
  packetsUnknownId: 'ACK, REC or COM for an id not in flight',
  packetsMismatched: 'ACK for a QoS 2 SEND or REC for a QoS 1 SEND, accepted',
  messagesIn: 'SENDs accepted from clients',
  messagesInRepeated: 'SENDs from clients that repeated a message already held or under way',
  messagesInDropped: 'QoS 0 SENDs from clients dropped since their queue, or memory_max, was full',
  messagesInForbidden: 'SENDs from clients not forwarded since their permissions do not cover the type',
  messagesInRefused: 'QoS 1 and 2 SENDs from clients not forwarded since memory_max was reached; clients repeat them',
  messagesInWithdrawn: 'QoS 1 and 2 SENDs not forwarded since their client had gone and memory was short',
  connectionsOverrun: 'connections closed 1008 since the client outran a bound',
  connectionsViolating: 'connections of rainbow.v2 closed since the client broke the protocol',
  connectionsLate: 'connections closed 1008 at message_timeout, stall_timeout or ack_timeout',
  clientsUnacknowledging: 'clients that let a message time out and had acknowledged nothing since it was sent',
  readsPaused: 'times a client was not read for a while: too many frames, or no memory for its messages',
  connectionsTakenOver: 'connections closed since the business server gave their identity to a newer one',
  connectionsDisconnected: 'connections ended by POST /disconnect/',
  connectionsExpired: 'connections ended since the business server did not renew their permissions',
  identitiesUnfit: "connect answers whose identity cannot be one; the connection kept the gateway's",
  usersUnfit: 'connect answers whose user cannot be one; the connection has no user',
  channelsRefused: 'joins the business server asked for that were not possible',
  publications: 'publications, once for each thread that carried them out',
  publicationsPartial: 'publications answered without a thread, or a node of the cluster',
  publicationsTimedOut: 'publications answered at their timeout',
  deliveries: 'deliveries started: one message to one client',
  deliveriesUnconfirmable: 'deliveries of QoS 0, which clients do not confirm; deliveries counts them as well',
  deliveriesConfirmed: 'deliveries confirmed in time by ACK or REC',
  deliveriesLate: 'deliveries confirmed after their publication was answered',
  deliveriesRefused: "deliveries refused since the client's queue was full",
  deliveriesLost: 'deliveries given up since their client went away',
  deliveriesExpired: 'deliveries never transmitted before their publication timed out',
  retransmissions: 'SENDs and RELs transmitted again',
  framesDropped: 'QoS 0 frames not sent to a client that reads too slowly',
  calls: 'calls to the business server',
  callsFailed: 'calls to the business server that failed, those of the next three lines included',
  callsShed: 'calls not sent since they could not have been answered within their deadline',
  callsWithdrawn: 'calls not sent since their client had gone',
  callsCut: 'calls sent and not answered within their deadline',
  connectCallsEnded: 'connect calls that ended, however',
  connectCallsMs: 'milliseconds that those took, waiting included',
  messageCallsEnded: 'message calls that ended, however',
  messageCallsMs: 'milliseconds that those took, waiting included',
  closeCallsEnded: 'attempts of close calls that ended, however',
  closeCallsMs: 'milliseconds that those took, waiting included',
  eventsCallsEnded: 'attempts to post a batch of events that ended, however',
  eventsCallsMs: 'milliseconds that those took, waiting included',
  apiOverloaded: 'requests to the HTTP API refused since memory_max was reached',
  repliesTruncated: 'answers to replies=all that left out replies since they were too large',
  closeCallsRetried: 'close calls made again after an attempt that failed',
  closeCallsLost: 'close calls given up without a 2xx answer',
  apiRequests: 'requests to the HTTP API',
  apiErrors: 'requests to the HTTP API answered with an error',
  batchLines: 'lines of batches, those of the next line included',
  batchLinesRefused: 'lines of batches answered with an error',
  signaturesRefused: 'requests refused for their signature or key',
  presenceNotices: 'notices of joins and leaves published to channels',
  presenceNoticesLost: 'notices of joins and leaves not published since the gateway was overloaded or stopping',
  events: 'events for the business server (events_url)',
  eventsPosted: 'events that the business server has taken',
  eventsLost: 'events given up without a 2xx answer, or since too many waited',
  eventCallsRetried: 'batches of events posted again after an attempt that failed',
  channelChangesLost: 'changes of channels not reported since too many channels changed at a time',
  nodesJoined: 'nodes of the cluster that began to be called',
  nodesLeft: 'nodes no more called since they said goodbye or fell silent',
  nodesLost: 'nodes no more called since they did not answer',
  nodesRefused: 'answers to /hello/ that were not those of a node of this cluster',
  announcements: 'announcements of other nodes accepted',
  announcementsRefused: 'datagrams refused: forged, repeated, of another cluster, too many, or no announcements',
  announcementsFailed: 'own announcements that could not be sent',
  nodeCalls: 'calls to other nodes',
  nodeCallsFailed: 'calls to other nodes that failed or were given up',
  deadLetters: 'messages to actors that had ended',
  actorFailures: 'actors that failed on a message',
  writes: 'writes to client sockets',
  envelopes: 'envelopes to other threads',
  turns: 'turns of the scheduler',
  logLinesLost: 'log lines dropped since standard output did not take them',
} as const;

/** A name of the table above. */
export type CounterName = keyof typeof meanings;

/** What each counter means, one line. */
export const counterMeanings: Readonly<Record<CounterName, string>> = meanings;

/** The counters of one thread; they only grow. */
export type Counters = Record<CounterName, number>;

const names = Object.keys(meanings) as CounterName[];

/** Bytes of memory behind the counters of one thread. */
export const countersBytes = names.length * Float64Array.BYTES_PER_ELEMENT;

/**
 * The counters in `memory`, each as a property. Only one thread may count in one memory; any may read. Made once a thread, for
 * what counts on every packet: see {@link define}.
 * @default memory of its own, all counters at zero
 */
export function createCounters(memory: SharedArrayBuffer = new SharedArrayBuffer(countersBytes)): Counters {
  return define({}, accessorsOf(memory));
}

/** The same for what counts seldom, beside the thread that counts on every packet. */
export function createRareCounters(memory: SharedArrayBuffer = new SharedArrayBuffer(countersBytes)): Counters {
  return define(Object.create({}) as object, accessorsOf(memory));
}

/** The sums over the counters of several threads, as of each reading. */
export function sumCounters(memories: readonly SharedArrayBuffer[]): Readonly<Counters> {
  const views = memories.map((memory) => new Float64Array(memory));
  return define(Object.create({}) as object, (place) => ({
    get: () => views.reduce((sum, values) => sum + (values[place] ?? 0), 0),
  }));
}

function accessorsOf(memory: SharedArrayBuffer): (place: number) => PropertyDescriptor {
  const values = new Float64Array(memory);
  return (place) => ({
    get: () => values[place] ?? 0,
    set: (value: number) => {
      values[place] = value;
    },
  });
}

/**
 * Of objects that begin alike, V8 keeps the first one fast, and makes dictionaries of all that follow with other accessors
 * under the same names: half of what an acknowledgement costs. An object with a prototype of its own begins like no other,
 * so that it leaves the thread's fast.
 */
function define(counters: object, describe: (place: number) => PropertyDescriptor): Counters {
  for (const [place, name] of names.entries()) {
    Object.defineProperty(counters, name, {enumerable: true, ...describe(place)});
  }
  return counters as Counters;
}
