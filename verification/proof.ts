// One proof of `npm run prove`: a program, and what it must have said. That it exits with 0 is not enough: so does one
// that found nothing to prove, or forgot to say that something is broken.

import {spawn} from 'node:child_process';

export interface Proof {
  readonly name: string;
  /** Of node, from the project's root. */
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What its output has to say, each at least once: each match is a line of the summary, from its group `covered`. */
  readonly covered: readonly RegExp[];
  /** Whether `--quick` leaves it out. */
  readonly isLong?: boolean;
}

/** The result of one. */
export interface Verdict {
  readonly lines: readonly string[];
  readonly isHeld: boolean;
}

/** One may take so long, also on a busy machine; the longest takes minutes. */
const proofMsMax = 7_200_000;

/** Runs one in the folder `root`; `print` gets what it prints. */
export async function runProof(proof: Proof, root: string, print: (text: string) => void): Promise<Verdict> {
  const child = spawn(process.execPath, proof.args, {
    cwd: root,
    env: {...process.env, ...proof.env},
    stdio: ['ignore', 'pipe', 'inherit'],
    timeout: proofMsMax,
  });
  let output = '';
  child.stdout.setEncoding('utf8');
  child.stdout.on('data', (text: string) => {
    output += text;
    print(text);
  });
  const {promise, resolve, reject} = Promise.withResolvers<number | null>();
  child.once('error', reject);
  child.once('close', resolve);
  const code = await promise;
  return judge(proof, output, code);
}

/** Whether a proof holds that printed this and ended with this code; `null`: by a signal. */
export function judge({covered}: Proof, output: string, code: number | null): Verdict {
  const found = covered.map((said) => [...output.matchAll(said)].map(({groups}) => groups?.covered ?? ''));
  return {lines: found.flat(), isHeld: code === 0 && found.every((lines) => lines.length > 0)};
}
