// What is known of a client beside its identity, for those who list connections.

/** Values as the HTTP request had them: bytes, one a character. Absent where the client said nothing, or too much. */
export interface ClientFacts {
  /** IP address. */
  readonly address: string | undefined;
  readonly device: string | undefined;
  readonly platform: string | undefined;
}

/** A longer value is not kept: it would be held while its client is connected. */
export const clientFactLengthMax = 256;

/** `value` as text: UTF-8 where its bytes are that. */
export function textOfHeader(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: all of ASCII
  if (/^[\x00-\x7f]*$/.test(value)) return value;
  const text = Buffer.from(value, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? value : text;
}
