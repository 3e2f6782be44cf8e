// Bytes as others hand them in: buffers and views of any kind, of this realm or another. No `instanceof`: a page's frame,
// a test runner or a sandbox has classes of its own.

/**
 * Bytes in a buffer that no thread shares. It stands for `Uint8Array<ArrayBuffer>`, which declarations of the package cannot
 * name: before 5.7 TypeScript has no such type.
 */
export type OwnBytes = ReturnType<InstanceType<typeof TextEncoder>['encode']>;

/** `value` as bytes, over the same memory; `undefined` where it is neither a buffer nor a view. */
export function viewBytes(value: unknown): Uint8Array | undefined {
  if (ArrayBuffer.isView(value)) return new Uint8Array(value.buffer, value.byteOffset, value.byteLength);
  const tag = tagOf(value);
  if (tag === 'ArrayBuffer' || tag === 'SharedArrayBuffer') return new Uint8Array(value as ArrayBuffer);
  return undefined;
}

/** What kind of object JavaScript takes `value` for: `Map`, `Blob`, `Object`. */
export function tagOf(value: unknown): string {
  return Object.prototype.toString.call(value).slice(8, -1);
}
