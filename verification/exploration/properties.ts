// What the exploration holds every state against. The observer (ledger.ts) and the two ends note where one breaks.

/** Every property of a state, in words; the rule in brackets. That every flow can end is the explorer's own. */
export const properties = {
  lost: 'what is confirmed was delivered [RB-11, RB-12]',
  twice: 'at QoS 2 a message is delivered once on a connection [RB-21, RB-22]',
  again: 'what was confirmed is not delivered again on a later connection [RB-17]',
  idTaken: 'no id is taken that the sender has in use [RB-03, RB-04]',
  idHeld: 'no id is taken that the receiver still holds [RB-06]',
  swallowed: 'no message is taken for another one [RB-13, RB-25]',
  foreignReply: 'a reply is credited to the message that it answers [RB-05, RB-20]',
  counted: 'a message is confirmed once [RB-61]',
  silent: 'no flow ends in silence: it is confirmed, or reported as open [RB-52]',
  resent: 'no SEND goes out after its REL [RB-17]',
  dup: 'DUP is 0 the first time and 1 every other [RB-09]',
  recUnanswered: 'every REC gets a REL [RB-15, RB-19]',
  relUnanswered: 'every REL gets a COM [RB-24]',
  closed: 'who keeps the rules is not disconnected [RB-21, RB-58]',
  bounded: 'one id, however often repeated, takes the memory of one message [RB-29]',
  expired: 'what was transmitted does not expire [RB-18]',
} as const;

export type PropertyName = keyof typeof properties;

/** In the order of their codes in a state's key. */
export const propertyNames = Object.keys(properties) as PropertyName[];
