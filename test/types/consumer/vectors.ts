// An author of a client who reads the conformance vectors. Compiled in copies by declarations.test.ts, never run.

import exchanges from 'rainbow-client/vectors/exchanges.json' with {type: 'json'};
import packets from 'rainbow-client/vectors/packets.json' with {type: 'json'};
import stories from 'rainbow-client/vectors/stories.json' with {type: 'json'};

export const inputs: string[] = packets.vectors.map((vector) => vector.in);
export const names: string[] = [...exchanges.vectors, ...stories.vectors].map(({name}) => name);
