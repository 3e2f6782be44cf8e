// The body of a request, whole and bounded.

/** What an application hears whose framework reads bodies before Rainbow does: they are not the client's any more. */
export const bodyReadBefore =
  'The body of a call was read before Rainbow got it: mount Rainbow before the middleware that parses bodies';

/** The body's bytes, or `tooLarge`; what is beyond the bound is not read. Rejects where the sender breaks off. */
export async function readBody(request: Request, bytesMax: number): Promise<Uint8Array | 'tooLarge'> {
  if (request.bodyUsed) throw new TypeError(bodyReadBefore);
  if (Number(request.headers.get('content-length') ?? 0) > bytesMax) return 'tooLarge';
  return await readStream(request.body, bytesMax);
}

/** The bytes of a stream, or `tooLarge`. */
export async function readStream(
  stream: ReadableStream<Uint8Array> | null,
  bytesMax: number,
): Promise<Uint8Array | 'tooLarge'> {
  if (stream === null) return new Uint8Array(0);
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const {value, done} = await reader.read();
    if (done) return Buffer.concat(chunks, bytes);
    bytes += value.length;
    if (bytes > bytesMax) return 'tooLarge';
    chunks.push(value);
  }
}
