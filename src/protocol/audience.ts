// Who is to get a publication that goes to more than one channel or one client: channels, clients and users, everybody, and
// who not. Plain data, since it crosses threads.

import type {SendParameters} from './api.ts';

/** Each list has a name at most once. A client that several of them mean gets the message once. */
export interface Audience {
  readonly channels: readonly string[];
  readonly identities: readonly string[];
  /** All open connections of each user. */
  readonly users: readonly string[];
  /** Every open connection; the lists above are empty then. */
  readonly isEverybody: boolean;
  /** Identities that do not get it, whatever else means them. */
  readonly except: readonly string[];
}

/** Whether any of its recipients are found by a channel: nodes of the original know neither identities nor users. */
export function hasChannels(to: {readonly channel: string | undefined; readonly audience?: Audience}): boolean {
  return to.channel !== undefined || to.audience?.isEverybody === true || (to.audience?.channels.length ?? 0) > 0;
}

/** The query of `POST /send/` that means the same. */
export function audienceParameters(audience: Audience): SendParameters {
  const {channels, identities, users, isEverybody, except} = audience;
  return {
    channel: channels,
    identity: identities,
    user: users,
    ...(isEverybody && {broadcast: 1}),
    // Given once, a value is a list: a name may have a comma in it.
    except: except.length === 1 ? [...except, ...except] : except,
  };
}

const shownMax = 200;

/** For a trace: `lobby, news, user ann, except phone-3`. */
export function describeAudience({channels, identities, users, isEverybody, except}: Audience): string {
  const names = [...channels, ...identities, ...users.map((user) => `user ${user}`)];
  if (isEverybody) names.push('everybody');
  const text = [...names, ...except.map((identity) => `except ${identity}`)].join(', ');
  return text.length > shownMax ? `${text.slice(0, shownMax)}…` : text;
}
