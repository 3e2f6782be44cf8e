// What a session sends, as frames; each is shown to whoever watches, as it is on the wire. Called by the connection, which
// hands them to its link.

import type {Delivery} from '../../actors/delivery.ts';
import type {Broadcast} from '../../actors/recipients.ts';
import {framePacket} from '../../protocol/frame.ts';
import type {Packet} from '../../protocol/packet.ts';
import type {Observation, Story, Subject} from '../../trace/observer.ts';
import {RainbowFrames} from './frames.ts';

/** A SEND at QoS 0. */
export function frameBroadcast(broadcast: Broadcast, subject: Subject, {observer}: Observation): Uint8Array {
  const frame = RainbowFrames.of(broadcast).send;
  if (observer !== undefined) {
    if (broadcast.story !== undefined) observer.sentShared(subject, broadcast.story, frame);
    else observer.sent(subject, undefined, frame);
  }
  return frame;
}

/** A SEND at QoS 1 or 2. */
export function frameDelivery(
  {publication, id}: Delivery,
  isRepeat: boolean,
  subject: Subject,
  {observer}: Observation,
): Uint8Array {
  const frame = RainbowFrames.of(publication).sendFor(publication, id, isRepeat);
  if (observer !== undefined) {
    if (isRepeat) observer.sentShared(subject, publication, frame);
    else observer.transmitted(subject, publication, frame);
  }
  return frame;
}

/** A REL; without `delivery` for an id that belongs to none any more. */
export function frameRelease(
  id: number,
  delivery: Delivery | undefined,
  subject: Subject,
  observation: Observation,
): Uint8Array {
  if (delivery === undefined) return frameAnswer({kind: 'rel', id}, undefined, subject, observation);
  const {publication} = delivery;
  const frame = RainbowFrames.of(publication).releaseFor(publication, id);
  observation.observer?.released(subject, publication, frame);
  return frame;
}

/** A packet for this client alone. */
export function frameAnswer(
  packet: Packet,
  story: Story | undefined,
  subject: Subject,
  {observer}: Observation,
): Uint8Array {
  const frame = framePacket(packet);
  observer?.sent(subject, story, frame);
  return frame;
}
