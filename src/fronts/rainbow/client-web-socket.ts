// The ws socket of one client, as its link sees it. Events of ws reach the link through it.

import {WebSocket} from 'ws';

/** The events that a socket reports to its link. */
export interface WebSocketOwner {
  /** A WebSocket message came that ws has read. */
  receive(data: Buffer, isBinary: boolean): void;
  pinged(payload: Buffer): void;
  heard(): void;
  /** A close frame has gone out, ours or the answer to the client's; after ours the message means nothing. */
  closing(isBroken: boolean): void;
  closed(): void;
  failed(): void;
  /** The code of the close frame for a fault that ws found, and what it says. */
  faultCode(code: number): number;
  faultText(code: number): string;
}

/** ws's socket with the way back to its link, so that all sockets share the same listeners. */
export class ClientWebSocket extends WebSocket {
  link: WebSocketOwner | undefined;

  /** Called once, after the upgrade. */
  attach(link: WebSocketOwner): void {
    this.link = link;
    this.on('message', onMessage);
    this.on('ping', onPing);
    this.on('pong', onHeard);
    this.on('error', onError);
    this.on('close', onClose);
  }

  /**
   * Called by the link, and by ws itself: to answer the client's close frame, its only word of that frame, or, with a code
   * alone, for what broke the protocol.
   */
  override close(code?: number, data?: string | Buffer): void {
    const isFault = code !== undefined && data === undefined;
    if (isFault && this.link !== undefined) super.close(this.link.faultCode(code), this.link.faultText(code));
    else super.close(code, data);
    this.link?.closing(isFault);
  }
}

function onMessage(this: WebSocket, data: unknown, isBinary: boolean): void {
  if (this instanceof ClientWebSocket && Buffer.isBuffer(data)) this.link?.receive(data, isBinary);
}

function onPing(this: WebSocket, payload: Buffer): void {
  if (this instanceof ClientWebSocket) this.link?.pinged(payload);
}

function onHeard(this: WebSocket): void {
  if (this instanceof ClientWebSocket) this.link?.heard();
}

function onClose(this: WebSocket): void {
  if (this instanceof ClientWebSocket) this.link?.closed();
}

function onError(this: WebSocket): void {
  if (this instanceof ClientWebSocket) this.link?.failed();
}
