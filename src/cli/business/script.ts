// The file of answers of the stub business server: one for connect calls, one for each type.

import {readFileSync} from 'node:fs';
import {z} from 'zod';
import {readWhole} from '../../core/decimal.ts';
import {messageTypeMax} from '../../protocol/api.ts';
import {CommandFailure, exitCodes} from '../exit.ts';
import {describeFileError} from '../system-error.ts';

const answerSchema = z.strictObject({
  /** HTTP status. @default 200 */
  status: z.int().min(200).max(599).optional(),
  /** A string as it is, anything else as JSON. */
  body: z.json().optional(),
  headers: z.record(z.string().regex(/^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/), z.string().regex(/^[^\r\n\0]*$/)).optional(),
  delayMs: z.number().min(0).max(3_600_000).optional(),
  /** Answers 500 instead. */
  fail: z.boolean().optional(),
  /** Never answers. */
  hang: z.boolean().optional(),
});

const typeKey = z.string().refine((key) => String(readWhole(key, 0, messageTypeMax)) === key);
const fileSchema = z.record(z.union([z.enum(['connect', 'default']), typeKey]), answerSchema);

/** How one call is answered. */
export type ScriptedAnswer = z.infer<typeof answerSchema>;

/** Answers by `connect`, a type, or `default` for every other type; the answer to a close call is ignored. */
export type Script = Readonly<Record<string, ScriptedAnswer>>;

/** Reads a script; ends the command if the file is not a script. */
export function readScript(path: string): Script {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new CommandFailure(exitCodes.failure, describeFileError(path, error));
  }
  const result = fileSchema.safeParse(parseJson(text, path));
  if (result.success) return result.data;
  const faults = result.error.issues.map(({path: place, message}) => `${path}: ${place.join('.')}: ${message}`);
  throw new CommandFailure(exitCodes.usage, `expected answers by connect, default or a type in ${path}:`, ...faults);
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new CommandFailure(exitCodes.usage, `expected JSON in ${path}, got: ${String(error)}`);
  }
}
