// What `POST /disconnect/` asks for, out of its body: the connections it means, and what their clients are sent; or the refusal
// that names the member. Nothing is ignored: a call that is misread ends connections that it did not mean.

import {kindOf, shown, shownValue} from '../../core/shown.ts';
import {isChannelName, isIdentity} from '../../protocol/api.ts';
import {closeReasons} from '../../protocol/close-code.ts';
import {
  closeReasonBytesMax,
  type Farewell,
  farewellClose,
  isFarewellCode,
  reconnectAfterMsMax,
} from '../../protocol/farewell.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import type {Disconnection, DisconnectTarget} from '../../router/router.ts';
import {refuseChannel, refuseIdentity} from './api-address.ts';
import {refuseParameter} from './api-fault.ts';
import {readStrictBody} from './strict-body.ts';

const targets: readonly DisconnectTarget[] = ['identity', 'user', 'channel', 'prefix'];
const known = [...targets, 'session', 'code', 'reason', 'reconnectAfterMs'];
const controlCharacter = /\p{Cc}/u;

/** Reads the body. */
export function readDisconnect(body: Uint8Array): Disconnection | Refusal {
  const read = readStrictBody(body, known);
  if ('code' in read) return read;
  const {members} = read;
  const target = readTarget(members);
  if ('code' in target) return target;
  const farewell = readFarewell(members);
  return 'reason' in farewell ? {...target, farewell} : farewell;
}

function readTarget(members: ReadonlyMap<string, unknown>): Omit<Disconnection, 'farewell'> | Refusal {
  // A name of rainbow.v2; a call that means one session must not find another client.
  if (members.has('session')) {
    return refuseParameter(
      `session is not supported: this gateway has no sessions of rainbow.v2. Send ${alternatives}.`,
    );
  }
  const [target, ...more] = targets.filter((name) => members.has(name));
  if (target === undefined) return refuseParameter(`The call names no connections. Send ${alternatives}.`);
  if (more.length > 0) return refuseParameter(`The call has both ${target} and ${more[0]}. Send one of them.`);
  const name = members.get(target);
  if (typeof name !== 'string') return refuseParameter(`${target} is ${kindOf(name)}. Send a string.`);
  if (target === 'channel') return isChannelName(name) ? {target, name} : refuseChannel(name);
  return isIdentity(name) && name !== '' ? {target, name} : refuseIdentity(name, target);
}

const alternatives = 'identity, user, channel or prefix';

function readFarewell(members: ReadonlyMap<string, unknown>): Farewell | Refusal {
  const {code = closeReasons.disconnected.code, reason = closeReasons.disconnected.text} = Object.fromEntries(members);
  if (typeof code !== 'number' || !isFarewellCode(code)) {
    return refuseParameter(`code is ${shownValue(code)}. Send 1000, 1001, or a whole number from 4000 to 4999.`);
  }
  if (typeof reason !== 'string') return refuseParameter(`reason is ${kindOf(reason)}. Send a string.`);
  if (controlCharacter.test(reason) || !reason.isWellFormed()) {
    return refuseParameter(`reason is ${shown(reason)}. Send text without control characters and lone surrogates.`);
  }
  if (!members.has('reconnectAfterMs')) return bounded({code, reason});
  const reconnectAfterMs = members.get('reconnectAfterMs');
  const isTime = typeof reconnectAfterMs === 'number' && Number.isInteger(reconnectAfterMs);
  if (!isTime || reconnectAfterMs < 0 || reconnectAfterMs > reconnectAfterMsMax) {
    const rule = `Send a whole number of ms from 0 to ${reconnectAfterMsMax}.`;
    return refuseParameter(`reconnectAfterMs is ${shownValue(reconnectAfterMs)}. ${rule}`);
  }
  return bounded({code, reason, reconnectAfterMs});
}

function bounded(farewell: Farewell): Farewell | Refusal {
  const {text} = farewellClose(farewell);
  const bytes = Buffer.byteLength(text);
  if (bytes <= closeReasonBytesMax) return farewell;
  const room = closeReasonBytesMax - (bytes - Buffer.byteLength(farewell.reason));
  return refuseParameter(
    `reason has ${Buffer.byteLength(farewell.reason)} bytes in UTF-8 (limit ${room} in this close frame). Send less.`,
  );
}
