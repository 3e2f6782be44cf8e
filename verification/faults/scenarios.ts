// All faults, in the order in which they are run.

import {badLine} from './bad-line.ts';
import {businessDown} from './business-down.ts';
import {clockStep} from './clock-step.ts';
import {crashAtHandover, crashEverywhere} from './crash-points.ts';
import {fileLimit} from './file-limit.ts';
import {frozenReaders} from './frozen-readers.ts';
import {halfClose} from './half-close.ts';
import type {Scenario} from './harness/scenario.ts';
import {blockedLoop, stoppedProcess} from './pauses.ts';
import {reconnectStorm} from './reconnect-storm.ts';
import {byteByByte} from './slices.ts';
import {frozenClient, vanishedClient} from './vanished.ts';

export const scenarios: readonly Scenario[] = [
  crashAtHandover,
  crashEverywhere,
  blockedLoop,
  stoppedProcess,
  halfClose,
  byteByByte,
  badLine,
  businessDown,
  clockStep,
  fileLimit,
  frozenClient,
  vanishedClient,
  frozenReaders,
  reconnectStorm,
];
