// The house: which folder of src may import which, and which packages. The table of DESIGN and of docs/architecture.md,
// with nothing allowed that is not needed. A commit that needs more adds it here.

import {type ImportEdge, readImports, type SourceFile} from './source.ts';

/** What one folder may import besides its own files. */
interface Room {
  readonly folders: readonly string[];
  /** Folders of which only types may be imported. */
  readonly typesOf?: readonly string[];
  /** Packages, and Node's modules with their `node:`. */
  readonly packages: readonly string[];
}

/** What the gateway stands on. */
const below = [
  'core',
  'protocol',
  'story',
  'machines',
  'runtime',
  'upstream',
  'trace',
  'router',
  'cluster/shards',
  'cluster/lan',
  'actors',
  'inspect',
];

/** From the foundation up: a folder imports only folders above it in this table. */
export const house: Readonly<Record<string, Room>> = {
  core: {folders: [], packages: ['node:crypto', 'node:net']},
  protocol: {folders: ['core'], packages: ['node:crypto']},
  story: {folders: ['core', 'protocol'], packages: []},
  machines: {folders: ['core', 'protocol'], packages: ['xstate']},
  runtime: {folders: ['core'], packages: ['node:worker_threads']},
  upstream: {
    folders: ['core', 'protocol'],
    packages: ['piscina', 'undici', 'node:net', 'node:url', 'node:worker_threads'],
  },
  trace: {folders: ['core', 'protocol', 'story', 'machines'], typesOf: ['upstream'], packages: []},
  store: {
    folders: ['core', 'protocol'],
    packages: ['node:fs', 'node:path', 'node:sqlite', 'node:worker_threads'],
  },
  router: {folders: [], typesOf: ['protocol', 'story'], packages: []},
  'cluster/shards': {folders: ['core', 'runtime', 'router'], packages: ['node:worker_threads']},
  'cluster/lan': {
    folders: ['core', 'protocol', 'machines', 'router'],
    packages: ['undici', 'node:dgram', 'node:events'],
  },
  actors: {
    folders: ['core', 'protocol', 'story', 'machines', 'runtime', 'trace', 'store', 'router'],
    typesOf: ['upstream'],
    packages: [],
  },
  inspect: {folders: ['story', 'machines'], typesOf: ['core', 'router'], packages: ['node:http']},
  'fronts/rainbow': {
    folders: ['core', 'protocol', 'machines', 'runtime', 'trace', 'actors'],
    packages: ['ws', 'node:http', 'node:net', 'node:stream'],
  },
  'gateway/config': {
    folders: ['core', 'protocol', 'fronts/rainbow'],
    packages: ['ini', 'node:buffer', 'node:fs', 'node:net', 'node:os', 'node:tty', 'node:util'],
  },
  'gateway/log': {
    folders: ['core', 'gateway/config'],
    typesOf: ['upstream', 'actors', 'fronts/rainbow'],
    packages: ['pino', 'pino-pretty', 'node:fs', 'node:tty', 'node:worker_threads'],
  },
  'gateway/http': {
    folders: ['core', 'protocol', 'upstream', 'router', 'cluster/lan', 'inspect', 'fronts/rainbow'],
    typesOf: ['trace', 'gateway/config', 'gateway/log'],
    packages: ['fastify', 'pino', 'zod', 'node:buffer', 'node:crypto', 'node:http', 'node:net', 'node:stream'],
  },
  'gateway/admin': {
    folders: ['core', 'protocol', 'story', 'inspect', 'gateway/http'],
    typesOf: ['router', 'gateway/config'],
    packages: ['@prometheus-io/client', 'fastify', 'zod', 'node:crypto', 'node:fs', 'node:os', 'node:path'],
  },
  'gateway/documents': {
    folders: ['core', 'protocol', 'machines', 'gateway/config', 'gateway/http', 'gateway/admin'],
    packages: ['fastify', 'zod', 'node:crypto', 'node:fs'],
  },
  'gateway/shard': {
    folders: [
      ...below,
      'fronts/rainbow',
      'gateway/config',
      'gateway/log',
      'gateway/http',
      'gateway/admin',
      'gateway/documents',
    ],
    packages: [
      'fastify',
      'pino',
      'node:fs',
      'node:http',
      'node:net',
      'node:os',
      'node:path',
      'node:stream',
      'node:v8',
      'node:worker_threads',
    ],
  },
  'gateway/shards': {
    folders: ['core', 'protocol', 'runtime', 'cluster/shards', 'gateway/log', 'gateway/shard'],
    typesOf: ['actors', 'cluster/lan', 'gateway/config'],
    packages: ['pino', 'node:worker_threads'],
  },
  gateway: {
    folders: ['core', 'gateway/log', 'gateway/shard', 'gateway/shards'],
    typesOf: ['cluster/lan', 'gateway/config'],
    packages: ['pino', 'node:events', 'node:net'],
  },
  business: {folders: ['core', 'protocol'], packages: ['node:crypto', 'node:http']},
  client: {folders: ['core', 'protocol', 'machines'], packages: []},
  inspector: {folders: ['core', 'protocol', 'story', 'machines'], packages: ['preact', 'elkjs', 'xstate']},
  cli: {
    folders: [
      'core',
      'protocol',
      'story',
      'upstream',
      'store',
      'fronts/rainbow',
      'gateway',
      'gateway/config',
      'gateway/log',
      'gateway/http',
      'gateway/admin',
      'gateway/documents',
      'gateway/shards',
      'client',
      'business',
    ],
    packages: [
      'close-with-grace',
      'commander',
      'undici',
      'ws',
      'zod',
      'node:events',
      'node:fs',
      'node:fs/promises',
      'node:http',
      'node:net',
      'node:os',
      'node:path',
      'node:readline',
      'node:tls',
      'node:tty',
      'node:util',
    ],
  },
};

/** Every import that the house forbids, and every circle of files, as sentences with file and line. */
export function findImportFaults(files: readonly SourceFile[]): readonly string[] {
  const edges = files.flatMap(readImports);
  return [...edges.flatMap(faultOf), ...findCircles(edges)];
}

function faultOf(edge: ImportEdge): readonly string[] {
  const folder = folderOf(edge.from);
  const room = house[folder];
  const place = `${edge.from}:${edge.line}`;
  if (room === undefined) return [`${place}: ${folder} is no folder of the house`];
  if (!edge.specifier.startsWith('.')) {
    const name = packageOf(edge.specifier);
    return room.packages.includes(name) ? [] : [`${place}: ${folder} may not import the package ${name}`];
  }
  const path = resolve(edge);
  if (path === 'package.json') return [];
  const target = folderOf(path);
  if (target === folder || room.folders.includes(target)) return [];
  if (room.typesOf?.includes(target)) {
    return edge.isTypeOnly ? [] : [`${place}: ${folder} may import only types of ${target}, got ${edge.specifier}`];
  }
  return [`${place}: ${folder} may not import ${target}, got ${edge.specifier}`];
}

/** `ws` of `ws/lib/sender.js`, `@scope/name` of `@scope/name/part`; Node's modules whole. */
function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return specifier;
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}

/**
 * The room of a file: the innermost folder that the table names, so that `gateway/http` may be one beside `gateway`; a file
 * of src itself is in the folder ''.
 */
export function folderOf(path: string): string {
  const [, outer = '', inner = '', ...rest] = path.split('/');
  if (inner === '') return '';
  const nested = `${outer}/${inner}`;
  return rest.length > 0 && Object.hasOwn(house, nested) ? nested : outer;
}

/** The path from the root that a relative specifier means. */
function resolve({from, specifier}: ImportEdge): string {
  return new URL(specifier, `file:///${from}`).pathname.slice(1);
}

/** Circles of files that need each other, types included, each once. */
function findCircles(edges: readonly ImportEdge[]): readonly string[] {
  const targets = new Map<string, string[]>();
  for (const edge of edges) {
    if (!edge.specifier.startsWith('.')) continue;
    targets.set(edge.from, [...(targets.get(edge.from) ?? []), resolve(edge)]);
  }
  const circles: string[] = [];
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start !== -1) circles.push(`circle: ${[...trail.slice(start), path].join(' -> ')}`);
    if (start !== -1 || finished.has(path)) return;
    for (const target of targets.get(path) ?? []) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of targets.keys()) visit(path, []);
  return circles;
}
