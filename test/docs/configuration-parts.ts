// What is written from the table of configuration keys: config/server.ini, the tables of docs/configuration.md, and a JSON
// Schema. `npm run docs` writes them; a test compares them.

import {
  type DescriptionSection,
  descriptionSections,
  type KeyDescription,
} from '../../src/gateway/config/configuration-descriptions.ts';
import {type ConfigurationKeyFacts, findKey} from '../../src/gateway/config/configuration-keys.ts';

const lineLength = 120;

const head = `# Configuration of Rainbow. This file is generated: npm run docs
#
# The three URLs and the token are required. Every other key shows its default: remove the # to change it.
# Any key can also come from the environment, as RAINBOW_ and the key in upper case: RAINBOW_CONNECT_URL. The environment
# overrides this file, and a flag (-p 1984) overrides both. \`rainbow config\` prints the effective configuration.
#
#   key = value     or key: value; a line that begins with a blank continues a list
#   ; comment       also after a value and a blank; a # begins a comment only at the start of a line
#   %%              means %, which may also stand alone
#   times           in seconds, also fractions: 0.5
#   sizes           in bytes, or with a unit: 65536, 64KiB (1024 each), 16MB (1000 times 1000)

[main]
`;

/** The whole of config/server.ini. */
export function serverIni(): string {
  return `${[head, ...descriptionSections.map(iniSection)].join('\n\n')}\n`;
}

function iniSection({title, keys}: DescriptionSection): string {
  const rule = `# -- ${title} `;
  return [rule.padEnd(lineLength, '-'), ...Object.entries(keys).map(iniKey)].join('\n\n');
}

function iniKey([key, description]: [string, KeyDescription]): string {
  const {form} = factsOf(key);
  const text = wrap(sentences(description), lineLength - 2).map((line) => `# ${line}`);
  const value = description.shipped ?? defaultOf(key);
  const setting = `${description.shipped === undefined ? '# ' : ''}${key} =${value === '' ? '' : ` ${value}`}`;
  return [...text, `#   ${form.expected}`, setting].join('\n');
}

/** The table of one section of docs/configuration.md, by its title. */
export function keysPart(title: string): string {
  const section = descriptionSections.find((one) => one.title === title);
  if (section === undefined) throw new Error(`Expected a section of the configuration, got ${title}`);
  const rows = Object.entries(section.keys).map(([key, description]) => {
    const {form} = factsOf(key);
    const isRequired = factsOf(key).defaultValue === undefined;
    const value = defaultOf(key);
    const given = isRequired ? 'required' : value === '' ? 'none' : `\`${value}\``;
    const secret = form.isSecret === true ? ' Secret: no flag.' : '';
    return `| \`${key}\` | ${sentences(description).replaceAll('|', '\\|')}${secret} | ${form.expected} | ${given} |`;
  });
  return `${['| Key | Meaning | Value | Default |', '|---|---|---|---|', ...rows].join('\n')}\n`;
}

/** docs/configuration.schema.json. */
export function configurationSchema(): string {
  const keys = descriptionSections.flatMap(({keys: ofSection}) => Object.entries(ofSection));
  const properties = keys.map(([key, description]) => {
    const {form, defaultValue} = factsOf(key);
    const written = defaultValue === undefined || form.isSecret === true ? undefined : form.write(defaultValue);
    return [
      key,
      {
        description: sentences(description),
        ...(form.schema ?? {type: 'string'}),
        ...(written !== undefined && {default: jsonOf(written, form.schema)}),
        ...(form.isSecret === true && {writeOnly: true}),
      },
    ] as const;
  });
  const schema = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration of Rainbow: the keys of the section [main]',
    type: 'object',
    properties: Object.fromEntries(properties),
    required: keys.map(([key]) => key).filter((key) => factsOf(key).defaultValue === undefined),
    additionalProperties: false,
  };
  return `${JSON.stringify(schema, null, 2)}\n`;
}

/** A default as JSON has it, where the schema has another type than a string for it. */
function jsonOf(text: string, schema: Readonly<Record<string, unknown>> | undefined): unknown {
  const isJson = schema !== undefined && !('enum' in schema) && /^(?:true|false|-?[\d.]+|\[.*\])$/.test(text);
  return isJson ? (JSON.parse(text) as unknown) : text;
}

function factsOf(key: string): ConfigurationKeyFacts {
  const facts = findKey(key);
  if (facts === undefined) throw new Error(`Expected a key of the configuration, got ${key}`);
  return facts;
}

function defaultOf(key: string): string {
  const {form, defaultValue} = factsOf(key);
  return defaultValue === undefined ? '' : form.write(defaultValue);
}

function sentences({summary, details}: KeyDescription): string {
  const first = `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
  return details === undefined ? first : `${first} ${details}`;
}

function wrap(text: string, length: number): readonly string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line === undefined || line.length + 1 + word.length > length) lines.push(word);
    else lines[lines.length - 1] = `${line} ${word}`;
  }
  return lines;
}
