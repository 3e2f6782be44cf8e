// The header names of docs/protocol.md sections 2 and 3, written once; compared without regard to case.

export const headerIdentity = 'RAINBOWCLIENTIDENTITY';
export const headerCookie = 'RAINBOWCLIENTCOOKIE';
export const headerJoin = 'RAINBOWCLIENTCHANNEL';
export const headerLeave = 'RAINBOWCLIENTCHANNELUNSUB';
export const headerMessage = 'RAINBOWMESSAGEID';
/** On every call of a session of `rainbow.v2`: its name; and on the connect call of a client that claims to return to it. */
export const headerSession = 'RAINBOWSESSION';
export const headerResume = 'RAINBOWRESUME';
/** On the connect call: the client's IP address, and the origin of its page where it is a browser. */
export const headerAddress = 'RAINBOWCLIENTADDRESS';
export const headerOrigin = 'RAINBOWCLIENTORIGIN';
/** `1` on a connect call that is made again, because the permissions that it granted expire. */
export const headerRefresh = 'RAINBOWREFRESH';
/** On message calls of a client that occupies channels: see channel-tokens.ts. */
export const headerChannelToken = 'RAINBOWCHANNELTOKEN';
/** On close calls: see close-reason.ts. */
export const headerCloseReason = 'RAINBOWCLOSEREASON';
/** Sent by rainbow-django with an empty 200 where it refused our call: a failed call, whatever the status says. */
export const headerInvalid = 'RAINBOWREQUESTINVALID';
/** On the question /hello/ and on its answer: the id of the node, and the proof that it is one of the cluster. */
export const headerNode = 'RAINBOWNODE';
export const headerNodeProof = 'RAINBOWNODEPROOF';
/** On the answer: the clock of the node, and both ends of the connection as it sees them. */
export const headerNodeTime = 'RAINBOWNODETIME';
export const headerNodePlace = 'RAINBOWNODEPLACE';
/** On a call from node to node, and on its answer: see protocol/node-call.ts. */
export const headerNodeCall = 'RAINBOWNODECALL';
export const headerNodeAnswer = 'RAINBOWNODEANSWER';
export const headerDevice = 'X-DEVICEID';
export const headerPlatform = 'X-CLIENT-OS';

/** Between the channel names of one join or leave header. */
export const channelSeparator = ';;';

/** The channel names of a join or leave header; blanks around names and empty names are dropped. */
export function splitChannels(value: string | undefined): string[] {
  if (value === undefined || value === '') return [];
  return value
    .split(channelSeparator)
    .map((name) => name.trim())
    .filter((name) => name !== '');
}
