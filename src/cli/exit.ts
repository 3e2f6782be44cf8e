// How a command ends: the exit codes that scripts rely on, and the one error that stands for an end with a message.

/** Exit codes of every command; `configuration` is EX_CONFIG of sysexits.h, `interrupted` the shell's for SIGINT. */
export const exitCodes = {success: 0, failure: 1, usage: 2, configuration: 78, interrupted: 130} as const;

/** One of {@link exitCodes}. */
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Ends the command: `lines` go to standard error, the first after the command's name, and `code` is its exit code. */
export class CommandFailure extends Error {
  override readonly name = 'CommandFailure';
  readonly code: ExitCode;
  readonly lines: readonly string[];

  constructor(code: ExitCode, ...lines: readonly string[]) {
    super(lines.join('\n'));
    this.code = code;
    this.lines = lines;
  }
}
