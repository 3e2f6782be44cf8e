// The socket of a client of `rainbow.v2`: as that of a legacy client, read strictly.

import {sessionCloseReasons} from '../../protocol/close-code.ts';
import type {Packet, PacketFault} from '../../protocol/packet.ts';
import type {ControlPacket} from '../../protocol/packet-v2.ts';
import {parsePacketV2} from '../../protocol/packet-v2.ts';
import {WebSocketLink} from './websocket-link.ts';

/** What ws closes with where a message is too long (RFC 6455 section 7.4.1). */
const tooBig = 1009;

export class V2Link extends WebSocketLink {
  protected override parse(bytes: Uint8Array, start = 0, end = bytes.length): Packet | ControlPacket | PacketFault {
    return parsePacketV2(bytes, 'gateway', start, end);
  }

  override faultCode(code: number): number {
    return code === tooBig ? sessionCloseReasons.tooLarge.code : code;
  }
}
