// JSON as the formatter of this project leaves it: a value on one line where that fits, else each entry on a line of its own.
// So the generated files pass the format check as they are written.

const lineWidth = 120;

/** The text of `value`; `taken` is what stands before and behind it on its first line. */
export function formatJson(value: unknown, indent = '', taken = 0): string {
  const inline = formatInline(value);
  if (indent.length + taken + inline.length <= lineWidth) return inline;
  const inner = `${indent}  `;
  if (Array.isArray(value)) {
    const items: readonly unknown[] = value;
    const lines = items.map((item) => inner + formatJson(item, inner, 1));
    return `[\n${lines.join(',\n')}\n${indent}]`;
  }
  if (typeof value !== 'object' || value === null) return inline;
  const lines = Object.entries(value).map(([name, entry]) => {
    const head = `${JSON.stringify(name)}: `;
    return inner + head + formatJson(entry, inner, head.length + 1);
  });
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

function formatInline(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(formatInline).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const entries = Object.entries(value).map(([name, entry]) => `${JSON.stringify(name)}: ${formatInline(entry)}`);
  return `{${entries.join(', ')}}`;
}
