// As much of the WebSocket interface of the web as the SDK uses. The platform's own has it, and so has the class of `ws`.

/** Of a message `data`, of a close `code` and `reason`. */
export interface SocketEvent {
  readonly type: string;
  readonly data?: unknown;
  readonly code?: number;
  readonly reason?: string;
}

/** A socket as it is made. */
export interface Socket {
  binaryType: string;
  /** Bytes handed over and not sent yet. */
  readonly bufferedAmount: number;
  addEventListener(type: 'open' | 'message' | 'close' | 'error', listener: (event: SocketEvent) => void): void;
  // Not `Uint8Array<ArrayBuffer>`: before 5.7 TypeScript has no such type.
  send(bytes: Uint8Array & {readonly buffer: ArrayBuffer}): void;
  close(code?: number, reason?: string): void;
}

/** A class of sockets. */
export type SocketClass = new (url: string) => Socket;
