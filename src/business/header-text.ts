// Header values hold bytes, one character each, and both sides write UTF-8 into them.

const pastAscii = /[\x80-\xff]/;
const pastLatin1 = /[^\0-\xff]/;
const utf8 = new TextDecoder('utf-8', {fatal: true, ignoreBOM: true});

/** The text in a header's value: UTF-8 where the bytes are, else the value as it came. */
export function decodeHeader(value: string): string {
  if (!pastAscii.test(value) || pastLatin1.test(value)) return value;
  try {
    return utf8.decode(Buffer.from(value, 'latin1'));
  } catch {
    // Latin-1, as old clients write it.
    return value;
  }
}

/** `text` as a header's value. */
export function encodeHeader(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}
