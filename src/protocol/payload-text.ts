// The payload of a trace event, which stands there in base64, as one line of text for people. Pure, runs in a browser.

/** `payload` as text where it is UTF-8, on one line; else as hex. A last character that was cut in two is left out. */
export function payloadText(payload: string): string {
  const bytes = Uint8Array.from(atob(payload), (letter) => letter.charCodeAt(0));
  try {
    const text = new TextDecoder('utf-8', {fatal: true}).decode(bytes, {stream: true});
    return text.replace(/\s+/g, ' ').trim();
  } catch {
    // Not text: its bytes are all there is to show.
    return `hex ${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
  }
}
