// What `POST /permissions/` asks for, out of its body: whose permissions, and which. The rules are those of the connect answer
// (protocol/permissions.ts).

import {kindOf} from '../../core/shown.ts';
import {isIdentity} from '../../protocol/api.ts';
import {permissionNames, readPermissions} from '../../protocol/permissions.ts';
import type {Refusal} from '../../protocol/refusal.ts';
import type {Permit} from '../../router/router.ts';
import {refuseIdentity} from './api-address.ts';
import {refuseParameter} from './api-fault.ts';
import {readStrictBody} from './strict-body.ts';

const known = ['identity', 'session', ...permissionNames];

/** Reads the body. */
export function readPermit(body: Uint8Array): Permit | Refusal {
  const read = readStrictBody(body, known);
  if ('code' in read) return read;
  const {members} = read;
  if (members.has('session')) {
    return refuseParameter('session is not supported: this gateway has no sessions of rainbow.v2. Send identity.');
  }
  const {identity, ...rest} = Object.fromEntries(members);
  if (identity === undefined) return refuseParameter('identity is missing. Send it as a string.');
  if (typeof identity !== 'string') return refuseParameter(`identity is ${kindOf(identity)}. Send a string.`);
  if (identity === '' || !isIdentity(identity)) return refuseIdentity(identity);
  const permissions = readPermissions(rest);
  return 'fault' in permissions ? refuseParameter(`${permissions.fault}.`) : {identity, grant: permissions.grant};
}
