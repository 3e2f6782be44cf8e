// What of an audience concerns other parts of the gateway.

import type {Audience} from '../protocol/audience.ts';

/** Whether it means any client at all. */
export function isNobody({channels, identities, users, isEverybody}: Audience): boolean {
  return !isEverybody && channels.length + identities.length + users.length === 0;
}

/** `audience` without the clients that `isHere` finds: they need not be looked for elsewhere. */
export function withoutIdentities(audience: Audience, isHere: (identity: string) => boolean): Audience {
  return {...audience, identities: audience.identities.filter((identity) => !isHere(identity))};
}
