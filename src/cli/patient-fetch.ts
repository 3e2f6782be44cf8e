// The fetch that commands call a gateway with. Node's own gives an answer up after 300 s, which is just how long the
// confirmations of a message may take.

/** As `fetch`; how long an answer may take is up to the signal. */
export const patientFetch: typeof fetch = async (input, init) => {
  // Loaded here, since most commands call nothing and shall start at once.
  const {Agent, fetch: fetchOfUndici} = await import('undici');
  const dispatcher = new Agent({headersTimeout: 0, bodyTimeout: 0});
  // The platform's types and the package's say the same in two ways.
  const options = {...init, dispatcher} as Parameters<typeof fetchOfUndici>[1];
  return (await fetchOfUndici(input as string, options)) as unknown as Response;
};
