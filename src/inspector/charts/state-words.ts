// States in words, with a number: `12 deliveries await REC`.

const nouns: Readonly<Record<string, readonly [string, string]>> = {
  connection: ['connection', 'connections'],
  outboundQos1: ['delivery', 'deliveries'],
  outboundQos2: ['delivery', 'deliveries'],
  inboundQos1: ['message', 'messages'],
  inboundQos2: ['message', 'messages'],
  clientConnection: ['client', 'clients'],
};

const awaited: Readonly<Record<string, string>> = {
  awaitingAck: 'ACK',
  awaitingRec: 'REC',
  awaitingCom: 'COM',
  awaitingRel: 'REL',
  awaitingSend: 'SEND',
  awaitingAnswer: 'an answer',
  awaitingPong: 'a pong',
  awaitingSign: 'a sign of life',
};

/** One sentence without a full stop. */
export function awaitText(chart: string, state: string, count: number): string {
  const [one, many] = nouns[chart] ?? ['thing', 'things'];
  const name = state.split('.').at(-1) ?? state;
  const what = awaited[name];
  const isOne = count === 1;
  const noun = `${count} ${isOne ? one : many}`;
  return what === undefined
    ? `${noun} ${isOne ? 'is' : 'are'} ${name}`
    : `${noun} ${isOne ? 'awaits' : 'await'} ${what}`;
}
