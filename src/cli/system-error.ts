// Errors of the operating system as a user reads them: which file or port, what is wrong with it, and what to do.

/** What is wrong with the file at `path`, which was to be read, or written as a new file. */
export function describeFileError(path: string, error: unknown): string {
  const reason = fileReasons[codeOf(error)];
  return reason === undefined ? messageOf(error) : `${path} ${reason}`;
}

/** Why nothing can listen at `host` and `port`; `option` is the one that sets the port. */
export function describeListenError({host, port}: Address, error: unknown, option = '--port'): string {
  const reason = listenReasons[codeOf(error)];
  const why = reason === undefined ? messageOf(error) : reason.replace('PORT', `${option} PORT`);
  return `cannot listen on ${host}, port ${port}: ${why}.`;
}

/** Whether {@link describeListenError} has a sentence of its own for it. */
export function isListenError(error: unknown): boolean {
  return codeOf(error) in listenReasons;
}

interface Address {
  readonly host: string;
  readonly port: number;
}

const fileReasons: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  ENOTDIR: 'does not exist: a part of its path is a file',
  EEXIST: 'exists and is not overwritten. Remove it, or choose another name',
  EISDIR: 'is a directory',
  EACCES: 'cannot be opened: permission denied',
  EPERM: 'cannot be opened: permission denied',
  EROFS: 'cannot be written: the file system is read-only',
};

const listenReasons: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program uses the port; choose another with PORT',
  EACCES: 'permission denied; ports below 1024 are often reserved, choose another with PORT',
  EADDRNOTAVAIL: 'this machine has no such address; correct the host',
  ENOTFOUND: 'no such host; correct the host',
};

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
