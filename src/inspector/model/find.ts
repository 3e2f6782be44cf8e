// What a person asks for by its name: a message by its id, or a client by its identity.

import {isTraceEvent} from '../../story/trace-lines.ts';
import {keyOf} from './connection.ts';
import type {Selection} from './selection.ts';
import type {Timeline} from './timeline.ts';

/** The latest connection with that identity, one that has gone included; else the message, known or not. */
export function selectNamed(name: string, timeline: Timeline): Selection {
  for (const {key, identity} of timeline.head.connections.values()) if (identity === name) return {connection: key};
  let connection: string | undefined;
  for (const [, line] of timeline.linesFrom(timeline.first)) {
    if (!isTraceEvent(line)) continue;
    if ('message' in line && line.message === name) return {message: name};
    if ('identity' in line && line.identity === name) connection = keyOf(line);
  }
  return connection === undefined ? {message: name} : {connection};
}
