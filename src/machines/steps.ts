// Made from the charts of this folder by `npm run steps`; a test fails where it is stale. The charts that the client SDK
// runs, as plain data: XState, which is larger than the whole SDK, made every step of them and is not needed to take one.

import type {Steps} from './step.ts';

export type ClientConnectionState =
  | 'idle'
  | 'connecting'
  | 'open.fresh'
  | 'open.suspect'
  | 'open.awaitingSign'
  | 'waiting'
  | 'offline'
  | 'fading'
  | 'faded'
  | 'refused';
export type ClientConnectionEvent =
  | 'app.bloom'
  | 'app.fade'
  | 'socket.opened'
  | 'socket.closed'
  | 'socket.dismissed'
  | 'clock.connectDue'
  | 'clock.heartbeatDue'
  | 'clock.retryDue'
  | 'clock.fadeDue'
  | 'wire.heard'
  | 'network.online'
  | 'network.offline'
  | 'page.shown'
  | 'delivery.unanswered'
  | 'delivery.clogged';
export type ClientConnectionEffect =
  | 'connect'
  | 'begin'
  | 'probe'
  | 'drop'
  | 'lose'
  | 'close'
  | 'awaitRetry'
  | 'awaitNetwork'
  | 'hurry'
  | 'end';

export const clientConnectionSteps: Steps<ClientConnectionState, ClientConnectionEvent, ClientConnectionEffect> = {
  idle: {
    'app.bloom': ['connecting', 'connect'],
    'app.fade': ['faded', 'end'],
  },
  connecting: {
    'app.fade': ['faded', 'drop', 'end'],
    'socket.opened': ['open.fresh', 'begin'],
    'socket.closed': ['waiting', 'awaitRetry'],
    'socket.dismissed': ['refused', 'drop', 'end'],
    'clock.connectDue': ['waiting', 'drop', 'awaitRetry'],
  },
  'open.fresh': {
    'app.fade': ['fading', 'close', 'lose'],
    'socket.closed': ['waiting', 'lose', 'awaitRetry'],
    'socket.dismissed': ['refused', 'lose', 'end'],
    'clock.heartbeatDue': ['open.suspect'],
    'network.online': ['open.awaitingSign', 'probe'],
    'network.offline': ['open.awaitingSign', 'probe'],
    'page.shown': ['open.awaitingSign', 'probe'],
    'delivery.unanswered': ['open.awaitingSign', 'probe'],
    'delivery.clogged': ['waiting', 'drop', 'lose', 'awaitRetry'],
  },
  'open.suspect': {
    'app.fade': ['fading', 'close', 'lose'],
    'socket.closed': ['waiting', 'lose', 'awaitRetry'],
    'socket.dismissed': ['refused', 'lose', 'end'],
    'clock.heartbeatDue': ['open.awaitingSign', 'probe'],
    'wire.heard': ['open.fresh'],
    'network.online': ['open.awaitingSign', 'probe'],
    'network.offline': ['open.awaitingSign', 'probe'],
    'page.shown': ['open.awaitingSign', 'probe'],
    'delivery.unanswered': ['open.awaitingSign', 'probe'],
    'delivery.clogged': ['waiting', 'drop', 'lose', 'awaitRetry'],
  },
  'open.awaitingSign': {
    'app.fade': ['fading', 'close', 'lose'],
    'socket.closed': ['waiting', 'lose', 'awaitRetry'],
    'socket.dismissed': ['refused', 'lose', 'end'],
    'clock.heartbeatDue': ['waiting', 'drop', 'lose', 'awaitRetry'],
    'wire.heard': ['open.fresh'],
    'delivery.clogged': ['waiting', 'drop', 'lose', 'awaitRetry'],
  },
  waiting: {
    'app.bloom': ['waiting', 'hurry'],
    'app.fade': ['faded', 'end'],
    'clock.retryDue': ['connecting', 'connect'],
    'network.online': ['waiting', 'hurry'],
    'network.offline': ['offline', 'awaitNetwork'],
    'page.shown': ['waiting', 'hurry'],
  },
  offline: {
    'app.bloom': ['waiting', 'hurry'],
    'app.fade': ['faded', 'end'],
    'clock.retryDue': ['connecting', 'connect'],
    'network.online': ['waiting', 'hurry'],
  },
  fading: {
    'app.bloom': ['connecting', 'drop', 'end', 'connect'],
    'socket.closed': ['faded', 'end'],
    'socket.dismissed': ['faded', 'end'],
    'clock.fadeDue': ['faded', 'drop', 'end'],
  },
  faded: {},
  refused: {},
};

export type OutboundQos1State = 'queued' | 'awaitingAck' | 'overdue' | 'confirmed' | 'expired' | 'lost';
export type OutboundQos1Event =
  | 'window.opened'
  | 'wire.ack'
  | 'wire.rec'
  | 'wire.com'
  | 'clock.retryDue'
  | 'publication.timedOut'
  | 'socket.closed';
export type OutboundQos1Effect =
  | 'transmit'
  | 'retransmit'
  | 'sendRel'
  | 'resendRel'
  | 'confirm'
  | 'release'
  | 'lose'
  | 'expire'
  | 'probe';

export const outboundQos1Steps: Steps<OutboundQos1State, OutboundQos1Event, OutboundQos1Effect> = {
  queued: {
    'window.opened': ['awaitingAck', 'transmit'],
    'publication.timedOut': ['expired', 'expire'],
    'socket.closed': ['lost', 'lose'],
  },
  awaitingAck: {
    'wire.ack': ['confirmed', 'confirm', 'release'],
    'wire.rec': ['confirmed', 'confirm', 'sendRel', 'release'],
    'clock.retryDue': ['awaitingAck', 'retransmit'],
    'publication.timedOut': ['overdue', 'probe'],
    'socket.closed': ['lost', 'lose'],
  },
  overdue: {
    'wire.ack': ['confirmed', 'confirm', 'release'],
    'wire.rec': ['confirmed', 'confirm', 'sendRel', 'release'],
    'socket.closed': ['lost', 'lose'],
  },
  confirmed: {},
  expired: {},
  lost: {},
};

export type OutboundQos2State = 'queued' | 'awaitingRec' | 'awaitingCom' | 'overdue' | 'completed' | 'expired' | 'lost';
export type OutboundQos2Event =
  | 'window.opened'
  | 'wire.ack'
  | 'wire.rec'
  | 'wire.com'
  | 'clock.retryDue'
  | 'publication.timedOut'
  | 'socket.closed';
export type OutboundQos2Effect =
  | 'transmit'
  | 'retransmit'
  | 'sendRel'
  | 'resendRel'
  | 'confirm'
  | 'release'
  | 'lose'
  | 'expire'
  | 'probe';

export const outboundQos2Steps: Steps<OutboundQos2State, OutboundQos2Event, OutboundQos2Effect> = {
  queued: {
    'window.opened': ['awaitingRec', 'transmit'],
    'publication.timedOut': ['expired', 'expire'],
    'socket.closed': ['lost', 'lose'],
  },
  awaitingRec: {
    'wire.ack': ['completed', 'confirm', 'release'],
    'wire.rec': ['awaitingCom', 'confirm', 'sendRel'],
    'clock.retryDue': ['awaitingRec', 'retransmit'],
    'publication.timedOut': ['overdue', 'probe'],
    'socket.closed': ['lost', 'lose'],
  },
  awaitingCom: {
    'wire.rec': ['awaitingCom', 'sendRel'],
    'wire.com': ['completed', 'release'],
    'clock.retryDue': ['awaitingCom', 'resendRel'],
    'socket.closed': ['lost', 'lose'],
  },
  overdue: {
    'wire.ack': ['completed', 'confirm', 'release'],
    'wire.rec': ['awaitingCom', 'confirm', 'sendRel'],
    'socket.closed': ['lost', 'lose'],
  },
  completed: {},
  expired: {},
  lost: {},
};

export type InboundQos1State = 'awaitingSend' | 'awaitingAnswer' | 'replaced' | 'unanswered' | 'acknowledged' | 'gone';
export type InboundQos1Event =
  | 'wire.send'
  | 'wire.repeat'
  | 'wire.replaced'
  | 'wire.rel'
  | 'call.accepted'
  | 'call.failed'
  | 'socket.closed';
export type InboundQos1Effect = 'forward' | 'join' | 'sendAck' | 'keepReply' | 'sendRec' | 'sendCom' | 'forget';

export const inboundQos1Steps: Steps<InboundQos1State, InboundQos1Event, InboundQos1Effect> = {
  awaitingSend: {
    'wire.send': ['awaitingAnswer', 'forward'],
  },
  awaitingAnswer: {
    'wire.repeat': ['awaitingAnswer', 'join'],
    'wire.replaced': ['replaced'],
    'call.accepted': ['acknowledged', 'sendAck', 'forget'],
    'call.failed': ['unanswered'],
    'socket.closed': ['gone'],
  },
  replaced: {
    'call.accepted': ['acknowledged', 'sendAck'],
    'call.failed': ['gone'],
    'socket.closed': ['gone'],
  },
  unanswered: {
    'wire.repeat': ['awaitingAnswer', 'forward'],
    'wire.replaced': ['gone', 'forget'],
    'socket.closed': ['gone', 'forget'],
  },
  acknowledged: {},
  gone: {},
};

export type InboundQos2State = 'awaitingSend' | 'awaitingAnswer' | 'awaitingRel' | 'unanswered' | 'released' | 'gone';
export type InboundQos2Event =
  | 'wire.send'
  | 'wire.repeat'
  | 'wire.replaced'
  | 'wire.rel'
  | 'call.accepted'
  | 'call.failed'
  | 'socket.closed';
export type InboundQos2Effect = 'forward' | 'join' | 'sendAck' | 'keepReply' | 'sendRec' | 'sendCom' | 'forget';

export const inboundQos2Steps: Steps<InboundQos2State, InboundQos2Event, InboundQos2Effect> = {
  awaitingSend: {
    'wire.send': ['awaitingAnswer', 'forward'],
  },
  awaitingAnswer: {
    'wire.repeat': ['awaitingAnswer', 'join'],
    'wire.rel': ['released', 'sendCom', 'forget'],
    'call.accepted': ['awaitingRel', 'keepReply', 'sendRec'],
    'call.failed': ['unanswered'],
    'socket.closed': ['gone'],
  },
  awaitingRel: {
    'wire.repeat': ['awaitingRel', 'sendRec'],
    'wire.rel': ['released', 'sendCom', 'forget'],
    'socket.closed': ['gone', 'forget'],
  },
  unanswered: {
    'wire.repeat': ['awaitingAnswer', 'forward'],
    'wire.replaced': ['gone', 'forget'],
    'wire.rel': ['released', 'sendCom', 'forget'],
    'socket.closed': ['gone', 'forget'],
  },
  released: {},
  gone: {},
};
