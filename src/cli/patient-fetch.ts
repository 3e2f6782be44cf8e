// The fetch that commands call a gateway with. Node's own gives an answer up after 300 s, which is just how long the
// confirmations of a message may take, and calls no port of the list that keeps browsers away from mail and the like:
// a gateway may listen on port 6000 or 6667 all the same.

/** As `fetch` with `redirect: 'manual'`; how long an answer may take is up to the signal. */
export const patientFetch: typeof fetch = async (input, init = {}) => {
  // Loaded here, since most commands call nothing and shall start at once.
  const {Agent, request} = await import('undici');
  const {method = 'GET', signal, body} = init;
  const answer = await request(input instanceof Request ? input.url : input, {
    method: method as 'GET' | 'POST',
    headers: [...new Headers(init.headers)].flat(),
    // What the calls of commands have.
    body: (body ?? null) as string | Uint8Array | null,
    ...(signal != null && {signal}),
    dispatcher: new Agent({headersTimeout: 0, bodyTimeout: 0}),
  });
  const headers = new Headers();
  for (const [name, value] of Object.entries(answer.headers)) {
    for (const one of typeof value === 'object' ? value : [value ?? '']) headers.append(name, one);
  }
  const {statusCode: status} = answer;
  if (!isWithoutBody.has(status)) return new Response(answer.body.body, {status, headers});
  await answer.body.dump();
  return new Response(null, {status, headers});
};

const isWithoutBody: ReadonlySet<number> = new Set([204, 205, 304]);
