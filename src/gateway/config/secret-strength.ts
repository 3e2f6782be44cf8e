// Whether a secret can be guessed by trying: too short, common, or of a simple pattern. A secret that passes may still be weak;
// one made by `rainbow token` never is.

/** Shorter ones of letters and digits have fewer than 95 bits. */
const lengthMin = 16;

/** Of one class of characters, so long that 100 bits are in it. */
const oneClassLengthMin = 32;

/** What lists of leaked passwords begin with, and words that people make secrets of; without case and punctuation. */
const commonWords: readonly string[] = (
  'password passwort passwd pass word letmein welcome admin administrator root login master hello secret token key ' +
  'security secure private auth iloveyou love you monkey dragon football baseball basketball superman batman trustno1 ' +
  'trust sunshine princess shadow michael jordan hunter ranger daniel thomas charlie andrew jessica ashley pepper ' +
  'starwars whatever freedom computer internet google samsung qwerty qwertz azerty asdfgh zxcvbn qazwsx abc test ' +
  'testing demo example sample dummy default change changeme user guest server client rainbow gateway websocket ' +
  'business company production prod staging dev development local localhost docker kubernetes api app chat the our ' +
  'this not new old very good correct horse battery staple'
).split(' ');

// Longest first: `passwd` before `pass`.
const words = [...commonWords].sort((left, right) => right.length - left.length);

/** Runs of neighbouring keys and letters, in both directions. */
const rows = [
  'abcdefghijklmnopqrstuvwxyz',
  '01234567890',
  'qwertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  '1q2w3e4r5t6y7u8i9o0p',
  '1qaz2wsx3edc4rfv5tgb6yhn',
];
const runs = rows.flatMap((row) => [row, Array.from(row).reverse().join('')]);
const runLengthMin = 4;

const lookalikes: Readonly<Record<string, string>> = {
  0: 'o',
  1: 'l',
  3: 'e',
  4: 'a',
  5: 's',
  7: 't',
  '@': 'a',
  $: 's',
  '!': 'i',
};

/** Why `secret` is weak, for the end of `it has …` or `it is …`; `undefined` where it is not. */
export function describeWeakness(secret: string): string | undefined {
  if (secret.length < lengthMin) return `it has ${secret.length} characters, fewer than ${lengthMin}`;
  if (new Set(secret).size < 8) return `it has only ${new Set(secret).size} different characters`;
  if (isRepetition(secret)) return 'it repeats itself';
  if (isCommon(secret)) return 'it is made of common words and patterns';
  const classes = [/[a-z]/, /[A-Z]/, /\d/, /[^a-zA-Z\d]/].filter((one) => one.test(secret));
  if (classes.length === 1 && secret.length < oneClassLengthMin) {
    return `it has one class of characters, and fewer than ${oneClassLengthMin} of them`;
  }
  return undefined;
}

function isRepetition(secret: string): boolean {
  // A text that repeats a piece is found again in its double before its end.
  return (secret + secret).indexOf(secret, 1) <= secret.length / 2;
}

/** Whether words and runs cover so much that fewer than 8 other characters are left. */
function isCommon(secret: string): boolean {
  const lower = secret.toLowerCase();
  const spelled = lower.replaceAll(/[013457@$!]/g, (character) => lookalikes[character] ?? character);
  return Math.min(countLeft(lower), countLeft(spelled)) < 8;
}

function countLeft(text: string): number {
  let left = 0;
  for (let at = 0; at < text.length; ) {
    const length = Math.max(words.find((word) => text.startsWith(word, at))?.length ?? 0, runLength(text, at));
    if (length === 0 && /[\da-z]/.test(text[at] ?? '')) left++;
    at += Math.max(length, 1);
  }
  return left;
}

/** Characters from `at` that are neighbours in a row, or all the same. */
function runLength(text: string, at: number): number {
  let same = 1;
  while (text[at + same] === text[at] && at + same < text.length) same++;
  if (same >= runLengthMin) return same;
  for (let length = Math.min(text.length - at, 20); length >= runLengthMin; length--) {
    const piece = text.slice(at, at + length);
    if (runs.some((run) => run.includes(piece))) return length;
  }
  return 0;
}
