// The entry of the package rainbow-client, and `rainbow-server/client`: all that an application may import.

export type {Payload} from '../protocol/payload.ts';
export {type ClientErrorCode, clientErrorTable, RainbowClientError} from './errors.ts';
export type {
  ClosedEvent,
  DeliveryEvent,
  DeliveryFacts,
  DeliveryState,
  EndEvent,
  FaultEvent,
  PendingMessage,
  RainbowEvents,
  RainbowState,
  StateEvent,
} from './events.ts';
export type {ReceivedMessage} from './messages.ts';
export type {NetworkStatus, NetworkStatusEvent} from './network-status.ts';
export type {OpenOptions} from './opening.ts';
export type {Query, RainbowOptions} from './options.ts';
export type {SendOptions} from './outgoing.ts';
export {Rainbow} from './rainbow.ts';
export type {AnySchema, MessageContext, MessageHandler, MessageShape, Schema} from './schema.ts';
export type {Socket, SocketClass, SocketEvent} from './socket.ts';
export type {Store, StoredMessage} from './store.ts';
export {type IndexedDbStoreOptions, indexedDbStore} from './store-indexed-db.ts';
