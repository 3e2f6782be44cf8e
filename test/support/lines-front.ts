// A front of some hundred lines, for tests and as the example of docs/adding-a-front.md: one JSON object a line over a stream,
// with payloads in base64. It has no heartbeat, and is not for use.

import type {Duplex} from 'node:stream';
import type {Content, EncodedForm} from '../../src/actors/content.ts';
import type {Delivery} from '../../src/actors/delivery.ts';
import type {Carried, HandshakeAnswer} from '../../src/actors/front.ts';
import type {CarriedV2, FrontV2, SessionFacts, V2End, V2FrontMessage, V2Note} from '../../src/actors/front-v2.ts';
import type {InboundMessage} from '../../src/actors/inbound-message.ts';
import type {BroadcastBatch} from '../../src/actors/recipients.ts';
import {connection} from '../../src/machines/connection.ts';
import type {CloseCallReason} from '../../src/protocol/close-reason.ts';
import {type Failure, readOpen} from '../../src/protocol/control-payload.ts';
import type {PacketV2} from '../../src/protocol/packet-v2.ts';
import type {ActorRef} from '../../src/runtime/actor.ts';

const {state} = connection;

/** What one publication says in each of its lines, made once for all clients. */
class LineForm implements EncodedForm {
  readonly next: EncodedForm | undefined;
  /** The end of each line, from the type on. */
  text: string;
  #payload: Uint8Array;

  private constructor({form, type, payload}: Content) {
    this.next = form;
    this.#payload = Uint8Array.from(payload);
    this.text = contentText(type, payload);
  }

  static of(content: Content): LineForm {
    for (let {form} = content; form !== undefined; form = form.next) if (form instanceof LineForm) return form;
    const made = new LineForm(content);
    content.adopt(made);
    return made;
  }

  get payload(): Uint8Array {
    return this.#payload;
  }

  letGo(): void {
    this.#payload = new Uint8Array(0);
    this.text = '';
  }
}

/** The end of a line with a message, from its type on. */
function contentText(type: number, payload: Uint8Array): string {
  return `"type":${type},"payload":"${base64(payload)}"}\n`;
}

export class LinesFront implements FrontV2 {
  readonly silentMs = 0;
  readonly #stream: Duplex;
  #session: Carried | CarriedV2 | undefined;
  #mailbox: ActorRef<V2FrontMessage> | undefined;
  #isOpen = false;
  #isClosed = false;
  #unread = '';

  constructor(stream: Duplex) {
    this.#stream = stream;
  }

  carry(session: Carried | CarriedV2, mailbox: ActorRef<V2FrontMessage>): void {
    const isFirst = this.#mailbox === undefined;
    this.#session = session;
    this.#mailbox = mailbox;
    if (!isFirst) return;
    this.#stream.on('data', (chunk: Buffer) => this.#read(chunk.toString('latin1')));
    this.#stream.on('drain', () => this.#mailbox?.tell({kind: 'drained'}));
    this.#stream.on('end', () => this.#mailbox?.tell({kind: 'socketClosed'}));
  }

  answered(answer: HandshakeAnswer): void {
    switch (answer) {
      case 'allowed':
      case 'settled':
        this.#isOpen = true;
        this.#write('{"kind":"welcome"}\n');
        // A session of its own is attached once it is opened.
        if (this.#session !== undefined && !('open' in this.#session)) this.#session.attached();
        return;
      case 'postponed':
        return;
      default:
        this.#close(answer, 'timeout');
    }
  }

  get isCongested(): boolean {
    return this.#stream.writableNeedDrain;
  }

  broadcast({broadcasts}: BroadcastBatch): number {
    let sent = 0;
    for (const broadcast of broadcasts) {
      if (this.isCongested) break;
      this.#write(`{"kind":"send","qos":0,"id":0,"isDup":false,${contentText(broadcast.type, broadcast.payload)}`);
      sent++;
    }
    return sent;
  }

  deliver({id, publication}: Delivery, isRepeat: boolean): void {
    const {text} = LineForm.of(publication);
    this.#write(`{"kind":"send","qos":${publication.qos},"id":${id},"isDup":${isRepeat},${text}`);
  }

  release(id: number): void {
    this.#write(`{"kind":"rel","id":${id}}\n`);
  }

  confirm({qos, id, reply}: Pick<InboundMessage, 'qos' | 'id' | 'reply'>): void {
    this.#write(`{"kind":"${qos === 1 ? 'ack' : 'rec'}","id":${id},"reply":"${base64(reply)}"}\n`);
  }

  complete(id: number): void {
    this.#write(`{"kind":"com","id":${id}}\n`);
  }

  opened(facts: SessionFacts): void {
    this.#write(`{"kind":"opened","json":${JSON.stringify(facts)}}\n`);
  }

  reject(id: number, failure: Failure): void {
    this.#write(`{"kind":"fail","id":${id},"failure":${JSON.stringify(failure)}}\n`);
  }

  takes(): boolean {
    return true;
  }

  takesReply(): boolean {
    return true;
  }

  receive(note: V2Note): void {
    if (note.kind === 'open') {
      const request = readOpen(note.json);
      if (request !== undefined && this.#session !== undefined && 'open' in this.#session) this.#session.open(request);
      return;
    }
    if (note.kind === 'socketClosed') this.#close('closed', 'client');
    else if (note.kind === 'handshakeDue' && !this.#isOpen) this.#close('unanswered', 'timeout');
  }

  end(reason: V2End): void {
    this.#close(reason, endReasons[reason]);
  }

  fail(): void {
    this.leave();
  }

  leave(): void {
    this.#session = undefined;
    this.#mailbox = undefined;
    this.#close('left', undefined);
  }

  alive(): void {
    if (this.#session !== undefined && 'confirmed' in this.#session) this.#session.confirmed();
  }

  probe(): void {}

  holdUp(): void {}

  get state(): number {
    if (this.#isClosed) return state.closed;
    return this.#isOpen ? state['open.fresh'] : state.checking;
  }

  get bufferedBytes(): number {
    return this.#stream.writableLength;
  }

  #write(line: string): void {
    if (!this.#isClosed) this.#stream.write(line, 'latin1');
  }

  #read(text: string): void {
    const lines = (this.#unread + text).split('\n');
    this.#unread = lines.pop() ?? '';
    for (const line of lines) this.#mailbox?.tell(readLine(line));
  }

  #close(said: string, reason: CloseCallReason | undefined): void {
    if (this.#isClosed) return;
    this.#write(`{"kind":"bye","reason":"${said}"}\n`);
    this.#isClosed = true;
    this.#stream.end();
    this.#session?.detached(reason);
    this.#session?.gone();
  }
}

const endReasons = {
  overrun: 'error',
  unacknowledging: 'timeout',
  replaced: 'replaced',
  disconnected: 'disconnected',
  expired: 'expired',
  stopping: 'shutdown',
  protocolError: 'error',
  idInUse: 'error',
  windowExceeded: 'error',
  notAuthorized: 'error',
  ended: 'client',
} as const satisfies Record<V2End, CloseCallReason>;

/** A line as a packet. Nothing is checked, as a front for use would have to. */
export function readLine(line: string): PacketV2 {
  return JSON.parse(line, (key, value) => {
    return key === 'payload' || key === 'reply' ? new Uint8Array(Buffer.from(String(value), 'base64')) : value;
  }) as PacketV2;
}

/** A packet as a line. */
export function writeLine(packet: PacketV2): string {
  const text = JSON.stringify(packet, (_key, value: unknown) => (value instanceof Uint8Array ? base64(value) : value));
  return `${text}\n`;
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
