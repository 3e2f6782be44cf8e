// What is published, as those see it who put it on a wire: the content, and the one form that each codec makes of it.
// However many clients a publication is for, each codec encodes it once. Implemented by the publication.

import type {Qos} from '../protocol/packet.ts';

/** What a codec made of one publication. It holds the payload, which is then held nowhere else. */
export interface EncodedForm {
  /** What another codec made of it. */
  readonly next: EncodedForm | undefined;
  /** As a view. */
  readonly payload: Uint8Array;
  /** The publication is answered: whatever holds its payload is let go. */
  letGo(): void;
}

export interface Content {
  readonly qos: Qos;
  /** Chosen by the application. */
  readonly type: number;
  /** Where it was published to; absent where clients were addressed. */
  readonly channel: string | undefined;
  /** The id on the wire for every client on which it is free; the others take one of their own. 0 at QoS 0. */
  readonly messageId: number;
  /** Empty once the publication is answered: no SEND of it may go out any more. */
  readonly payload: Uint8Array;
  /** The first of the forms; see {@link EncodedForm.next}. */
  readonly form: EncodedForm | undefined;
  /** Keeps the form that a codec has made; its `next` is the one that was the first until now. */
  adopt(form: EncodedForm): void;
  /** A form has grown by so many bytes. */
  hold(bytes: number): void;
}
