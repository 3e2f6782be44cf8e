// Times of day as a terminal shows them: in the time zone of this machine, as the log for people has them.

/** `13:04:05.123`. */
export function clockTime(wallMs: number): string {
  const date = new Date(wallMs);
  const seconds = `${digits(date.getSeconds(), 2)}.${digits(date.getMilliseconds(), 3)}`;
  return `${digits(date.getHours(), 2)}:${digits(date.getMinutes(), 2)}:${seconds}`;
}

/** `2026-11-28, UTC+01:00`. */
export function clockDate(wallMs: number): string {
  const date = new Date(wallMs);
  const offset = -date.getTimezoneOffset();
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60];
  const day = `${digits(date.getFullYear(), 4)}-${digits(date.getMonth() + 1, 2)}-${digits(date.getDate(), 2)}`;
  return `${day}, UTC${offset < 0 ? '-' : '+'}${digits(hours, 2)}:${digits(minutes, 2)}`;
}

function digits(value: number, count: number): string {
  return String(Math.floor(value)).padStart(count, '0');
}
