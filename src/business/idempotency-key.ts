// The header Idempotency-Key of a call.

/** The key as a string of RFC 8941. Throws `RangeError` where it cannot be one. */
export function quoteKey(key: string): string {
  if (!/^[\x20-\x7e]{1,255}$/.test(key)) {
    throw new RangeError(
      `idempotencyKey is ${JSON.stringify(key.slice(0, 40))}. Use 1 to 255 printable ASCII characters.`,
    );
  }
  return `"${key.replaceAll(/["\\]/g, '\\$&')}"`;
}
