// The entry of the package rainbow-business, and `rainbow-server/business`: the server SDK.

export type {Payload} from '../protocol/payload.ts';
export type {PermissionGrant} from '../protocol/permissions.ts';
export {toExpress} from './adapter-express.ts';
export {toFastify} from './adapter-fastify.ts';
export {toHono} from './adapter-hono.ts';
export {toNodeListener} from './adapter-node.ts';
export {type AnswerStore, MemoryStore, type MemoryStoreOptions, type StoredAnswer} from './answer-store.ts';
export type {Authenticated, RainbowApiOptions} from './api-caller.ts';
export type {Listing, ListOptions} from './api-lists.ts';
export type {Channel, Connection, Member} from './api-rows.ts';
export {type Business, business} from './business.ts';
export type {
  Call,
  CloseCall,
  CloseHandler,
  ConnectAnswer,
  ConnectCall,
  ConnectHandler,
  ConnectNames,
  ConnectTerms,
  MessageCall,
  MessageHandler,
} from './call.ts';
export type {Channels} from './channel-changes.ts';
export {type BusinessCode, BusinessError, RainbowApiError} from './errors.ts';
export type {BusinessOptions, CallName, MessageHandlers, RefusedCall} from './options.ts';
export {
  type CallOptions,
  type DisconnectOptions,
  type DisconnectResult,
  type DisconnectTarget,
  RainbowApi,
  type Recipient,
  type Recipients,
  type SendOptions,
  type SubscribeOptions,
} from './rainbow-api.ts';
export {
  type CheckedCall,
  checked,
  describeIssues,
  type InvalidHandler,
  type SchemaIssue,
  type StandardSchema,
} from './schema.ts';
export type {AskResult, RecipientResult, Reply, SendResult} from './send-result.ts';
