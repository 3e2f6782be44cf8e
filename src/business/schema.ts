// Handlers whose messages are checked by a schema: of zod, valibot, arktype, or any other library that has the interface of
// https://standardschema.dev, of which only what is used here is written down.

import type {MessageCall, MessageHandler} from './call.ts';

/** What is wrong with a value, and where. */
export interface SchemaIssue {
  readonly message: string;
  readonly path?: ReadonlyArray<PropertyKey | {readonly key: PropertyKey}> | undefined;
}

type SchemaResult<Output> =
  | {readonly value: Output; readonly issues?: undefined}
  | {readonly issues: readonly SchemaIssue[]};

/** A schema of any library. */
export interface StandardSchema<Output = unknown> {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: string;
    readonly validate: (value: unknown) => SchemaResult<Output> | Promise<SchemaResult<Output>>;
  };
}

/** Answers a message that does not fit its schema. */
export type InvalidHandler<Context> = (call: MessageCall<Context>, issues: readonly SchemaIssue[]) => unknown;

/** A message that fits its schema. */
export interface CheckedCall<Context, Data> extends MessageCall<Context> {
  /** What the schema made of the message's JSON. */
  readonly data: Data;
}

/**
 * A handler whose `data` is what `schema` makes of the message's JSON. What does not fit is answered by `onInvalid`,
 * without one with 400 and the issues; since the gateway then forwards the message again as often as its client repeats
 * it, an answer of your own is kinder to a client that waits for one.
 */
export function checked<Context, Output>(
  schema: StandardSchema<Output>,
  handler: (call: CheckedCall<Context, Output>) => unknown,
  onInvalid: InvalidHandler<Context> = answerIssues,
): MessageHandler<Context> {
  return async (call) => {
    const value = readJson(call);
    if (value === notJson) return onInvalid(call, [{message: 'The payload is not JSON'}]);
    const result = await schema['~standard'].validate(value);
    return result.issues === undefined ? handler({...call, data: result.value}) : onInvalid(call, result.issues);
  };
}

const notJson = Symbol('not JSON');

function readJson(call: Pick<MessageCall<unknown>, 'json'>): unknown {
  try {
    return call.json();
  } catch {
    // No value of JSON, so that it cannot be confused with one.
    return notJson;
  }
}

/** `room.name: expected a string`, one for each issue. */
export function describeIssues(issues: readonly SchemaIssue[]): readonly string[] {
  return issues.map(({path = [], message}) => {
    const place = path.map((part) => String(typeof part === 'object' ? part.key : part)).join('.');
    return place === '' ? message : `${place}: ${message}`;
  });
}

function answerIssues(_call: unknown, issues: readonly SchemaIssue[]): Response {
  return Response.json({error: 'the message does not fit its schema', issues: describeIssues(issues)}, {status: 400});
}
