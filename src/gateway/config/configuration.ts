// From a file, the environment and flags to GatewayOptions, or to every fault at once. Called by the command line at
// start, before anything listens; it throws for nothing that an operator can do, and shows no secret.

import {nearest} from '../../core/nearest.ts';
import {type FileReading, readConfigurationFile, readConfigurationText} from './configuration-file.ts';
import {type ConfigurationKey, type ConfigurationKeyFacts, configurationKeys, findKey} from './configuration-keys.ts';
import {judgePlaceholders} from './configuration-placeholders.ts';
import {
  type ConfigurationFault,
  type ConfigurationResult,
  type ConfigurationSource,
  formatFault,
  hideSecrets,
  isMask,
  type ValidConfiguration,
} from './configuration-report.ts';
import {controlCharacter, isPlaceholder, splitKeys} from './configuration-values.ts';
import {defaultOptions, type GatewayOptions} from './options.ts';
import {describeRisk} from './risky-destination.ts';
import {describeWeakness} from './secret-strength.ts';

export type {
  ConfigurationFault,
  ConfigurationResult,
  FaultyConfiguration,
  ValidConfiguration,
} from './configuration-report.ts';
export {describeConfiguration, formatFault} from './configuration-report.ts';

/** Where a configuration comes from. A later one of these wins: defaults, file, environment, flags. */
export interface ConfigurationInput {
  /** Path of the INI file; with `text`, only its name in faults. */
  readonly file?: string | undefined;
  /** The file's content, for who has it already. */
  readonly text?: string | Uint8Array | undefined;
  /** `process.env`; `RAINBOW_` and a key in upper case counts, an empty one counts as absent. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** By the keys of the file, texts as in the file but for comments and `%%`. */
  readonly flags: Readonly<{readonly [Key in ConfigurationKey]?: string | undefined}>;
}

/** Reads and checks everything; an unreadable file is a fault like any other. */
export function readConfiguration(input: ConfigurationInput): ConfigurationResult {
  const draft = new Draft(input);
  draft.takeFile();
  draft.takeEnvironment();
  draft.takeFlags();
  draft.requireKeys();
  draft.checkRelations();
  draft.keepPlaceholdersHome();
  draft.warnOfWeakSecrets();
  draft.warnOfDestinations();
  return draft.end();
}

interface Setting {
  /** Absent where the text had a fault. */
  readonly value: unknown;
  readonly source: ConfigurationSource;
}

class Draft {
  readonly #input: ConfigurationInput;
  readonly #settings = new Map<ConfigurationKey, Setting>();
  readonly #faults: ConfigurationFault[] = [];
  readonly #warnings: ConfigurationFault[] = [];
  // Every text given for a secret, right or wrong, so that none shows in a message about something else.
  readonly #secrets = new Set<string>();
  #isFileWhole = true;

  constructor(input: ConfigurationInput) {
    this.#input = input;
  }

  takeFile(): void {
    const {file, text} = this.#input;
    const reading = readFileOf(file, text);
    this.#isFileWhole = reading.isWhole;
    for (const fault of reading.faults) this.#faults.push({...(file !== undefined && {file}), ...fault});
    for (const warning of reading.warnings ?? []) this.#warnings.push({...(file !== undefined && {file}), ...warning});
    for (const {key, line, value} of reading.entries) {
      const facts = findKey(key);
      if (facts === undefined) continue;
      this.#take(facts, value, {kind: 'file', file, line});
    }
  }

  takeEnvironment(): void {
    const {environment} = this.#input;
    for (const facts of configurationKeys) {
      const text = environment[facts.variable]?.trim();
      // Compose files pass what is not set as empty.
      if (text === undefined || text === '') continue;
      // In a Kubernetes cluster with a service called rainbow, every container finds RAINBOW_PORT=tcp://10.0.0.1:1984.
      if (facts.key === 'port' && /^(tcp|udp|sctp):\/\//.test(text)) {
        this.#warnings.push({origin: facts.variable, message: 'Ignored, since it is a service link of Kubernetes'});
      } else this.#take(facts, text, {kind: 'environment', name: facts.variable});
    }
    const variables = configurationKeys.map(({variable}) => variable.slice('RAINBOW_'.length));
    for (const name of Object.keys(environment)) {
      if (!name.startsWith('RAINBOW_') || variables.includes(name.slice('RAINBOW_'.length))) continue;
      // Only a warning, and only where it is very near: the variable may be another program's.
      const meant = nearest(name.slice('RAINBOW_'.length), variables, 2);
      if (meant !== undefined) this.#warnings.push({origin: name, message: `Ignored; did you mean RAINBOW_${meant}?`});
    }
  }

  takeFlags(): void {
    for (const facts of configurationKeys) {
      const text = this.#input.flags[facts.key]?.trim();
      if (text !== undefined) this.#take(facts, text, {kind: 'flag', name: facts.flag});
    }
  }

  #take({key, form}: ConfigurationKeyFacts, text: string | undefined, source: ConfigurationSource): void {
    this.#settings.set(key, {value: undefined, source});
    if (text === undefined) return;
    if (form.isSecret === true) {
      if (isMask(text)) {
        this.#fault(
          key,
          `is not valid: ***, which \`rainbow config\` prints in place of a secret. Use ${form.expected}.`,
        );
        return;
      }
      for (const secret of [text, ...splitKeys(text)]) this.#secrets.add(secret);
    }
    if (text.includes('\n') && form.mayWrap !== true) {
      this.#fault(key, 'goes on below. Write it on one line: a line that begins with a blank continues the value.');
      return;
    }
    const reading = controlCharacter.test(text)
      ? {kind: 'refused' as const, got: 'a control character'}
      : form.read(text);
    if (reading.kind === 'value') {
      this.#settings.set(key, {value: reading.value, source});
      if (reading.warning !== undefined) this.#warnings.push({...locate(source), key, message: reading.warning});
      return;
    }
    const hint =
      source.kind === 'file' && /\s#/.test(text) ? ' After a value only ` ;` begins a comment, # does not.' : '';
    this.#fault(key, `is not valid: ${reading.got}. Use ${reading.expected ?? form.expected}.${hint}`);
  }

  #fault(key: ConfigurationKey, rest: string): void {
    const source = this.#settings.get(key)?.source;
    this.#faults.push({...(source !== undefined && locate(source)), key, message: `${key} ${rest}`});
  }

  requireKeys(): void {
    // Of a file that cannot be read, the fault is that, not what it may lack.
    if (!this.#isFileWhole) return;
    const {file} = this.#input;
    for (const {key, variable, defaultValue} of configurationKeys) {
      if (defaultValue !== undefined || this.#settings.has(key)) continue;
      const message = `${key} is missing. Set it in [main], or ${variable} in the environment.`;
      this.#faults.push({...(file !== undefined && {file}), key, message});
    }
  }

  /** A message that may be received must also fit where it may have to wait, else it could never be delivered. */
  checkRelations(): void {
    this.#requireInspectorKey();
    const payload = this.#effective('payload_max');
    for (const key of ['queue_bytes', 'send_buffer'] as const) {
      const room = this.#effective(key);
      if (typeof payload !== 'number' || typeof room !== 'number' || room >= payload) continue;
      const write = (value: number) => findKey(key)?.form.write(value);
      const given = this.#settings.has(key) ? '' : ', its default,';
      const place = locate((this.#settings.get(key) ?? this.#settings.get('payload_max'))?.source ?? {kind: 'default'});
      const message = `${key} is ${write(room)}${given} and less than payload_max (${write(payload)}). Raise ${key}, or lower payload_max.`;
      this.#faults.push({...place, key, message});
    }
    const ports = this.#effective('udp_ports');
    const port = this.#effective('port');
    if (!Array.isArray(ports) || ports.length === 0 || typeof port !== 'number' || ports.includes(port)) return;
    const message = `udp_ports is without ${port}, the port of this node: the others will not take it in`;
    this.#warnings.push({...locate(this.#settings.get('udp_ports')?.source ?? {kind: 'default'}), message});
  }

  /** A page that shows everything is for those that have its key. */
  #requireInspectorKey(): void {
    if (this.#effective('inspector') !== 'on' || this.#effective('inspector_key') !== '') return;
    const place = locate(this.#settings.get('inspector')?.source ?? {kind: 'default'});
    const message = 'inspector is on and inspector_key is empty. Set inspector_key to a key of 24 characters or more.';
    this.#faults.push({...place, key: 'inspector_key', message});
  }

  #effective(key: ConfigurationKey): unknown {
    const setting = this.#settings.get(key);
    return setting === undefined ? findKey(key)?.defaultValue : setting.value;
  }

  /** With a secret that can be guessed, only this machine may reach the gateway. */
  keepPlaceholdersHome(): void {
    const [token, keys, host] = (['security_token', 'api_keys', 'host'] as const).map((key) => this.#settings.get(key));
    const verdict = judgePlaceholders({
      token: token?.value,
      apiKeys: keys?.value,
      host: host === undefined ? {kind: 'absent'} : {kind: 'given', value: host.value},
    });
    if (verdict.host !== undefined) this.#settings.set('host', {value: verdict.host, source: {kind: 'forced'}});
    if (keys !== undefined && verdict.apiKeys !== undefined) {
      this.#settings.set('api_keys', {...keys, value: verdict.apiKeys});
    }
    for (const warning of verdict.warnings) {
      this.#warnings.push({...locate(this.#settings.get(warning.key)?.source ?? {kind: 'default'}), ...warning});
    }
    if (verdict.fault !== undefined) this.#fault('security_token', verdict.fault);
  }

  /** A secret that can be found by trying; a placeholder has its own warning. */
  warnOfWeakSecrets(): void {
    for (const key of ['security_token', 'api_keys', 'inspector_key'] as const) {
      const setting = this.#settings.get(key);
      const secrets = typeof setting?.value === 'string' ? [setting.value] : setting?.value;
      if (setting === undefined || !Array.isArray(secrets)) continue;
      for (const [index, secret] of secrets.entries()) {
        if (typeof secret !== 'string' || secret === '' || isPlaceholder(secret)) continue;
        const weakness = describeWeakness(secret);
        if (weakness === undefined) continue;
        const name = secrets.length === 1 ? key : `${key}, key ${index + 1},`;
        const message = `${name} can be guessed: ${weakness}. Make a good one with: rainbow token`;
        this.#warnings.push({...locate(setting.source), key, message});
      }
    }
  }

  /** Calls carry signatures and what clients send: they should not go to an unintended destination. */
  warnOfDestinations(): void {
    const [host, port] = [this.#effective('host'), this.#effective('port')];
    if (typeof host !== 'string' || typeof port !== 'number') return;
    for (const key of ['connect_url', 'forward_url', 'close_url'] as const) {
      const setting = this.#settings.get(key);
      if (typeof setting?.value !== 'string') continue;
      const risk = describeRisk(setting.value, {host, port});
      if (risk === undefined) continue;
      this.#warnings.push({
        ...locate(setting.source),
        key,
        message: `${key} leads to ${risk}: check that this is meant`,
      });
    }
  }

  end(): ConfigurationResult {
    const hide = (fault: ConfigurationFault) => ({...fault, message: hideSecrets(fault.message, this.#secrets)});
    const warnings = this.#warnings.map((warning) => formatFault(hide(warning)));
    if (this.#faults.length > 0) {
      const faults = this.#faults.map(hide).sort((left, right) => rank(left) - rank(right));
      return {kind: 'faulty', faults, warnings};
    }
    const values: Record<string, unknown> = {...defaultOptions};
    const sources: Partial<Record<ConfigurationKey, ConfigurationSource>> = {};
    for (const {key, field} of configurationKeys) {
      const setting = this.#settings.get(key);
      if (setting !== undefined) values[field] = setting.value;
      sources[key] = setting?.source ?? {kind: 'default'};
    }
    // Complete by requireKeys, and each value read by the form that the table's type ties to its field.
    const options = values as unknown as GatewayOptions;
    return {kind: 'valid', options, sources: sources as ValidConfiguration['sources'], warnings};
  }
}

/** Lines first; then the file as a whole, then the rest. Sorting is stable: these keep the order they were found in. */
function rank({line, origin}: ConfigurationFault): number {
  const beyondLines = 1e9;
  return line ?? (origin === undefined ? beyondLines : 2 * beyondLines);
}

function readFileOf(file: string | undefined, text: string | Uint8Array | undefined): FileReading {
  if (text !== undefined) return readConfigurationText(text);
  return file === undefined ? {entries: [], faults: [], isWhole: true} : readConfigurationFile(file);
}

function locate(source: ConfigurationSource): Pick<ConfigurationFault, 'file' | 'line' | 'origin'> {
  if (source.kind === 'file') return {...(source.file !== undefined && {file: source.file}), line: source.line};
  return 'name' in source ? {origin: source.name} : {};
}
