// The packages of the SDKs as their users get them: built, packed and installed, without a registry.

import {execFile} from 'node:child_process';
import {mkdtemp, readdir, readFile, rm, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {root} from '../docs/documents.ts';
import {type Build, buildStale} from './build.ts';
import type {Lifetime} from './lifetime.ts';

const execute = promisify(execFile);

/** Folders below packages. */
export type PackageFolder = 'business' | 'client';
/** All of them. */
export const packageFolders: readonly PackageFolder[] = ['business', 'client'];

const outputs: Readonly<Record<PackageFolder, readonly string[]>> = {
  business: ['dist/business.js', 'dist/types/business/index.d.ts'],
  client: ['dist/client.js', 'dist/rainbow-client.global.js', 'dist/types/client/client.d.ts'],
};

/** What the packages are made of besides their own folder. */
const sources = [
  'src/business',
  'src/client',
  'src/core',
  'src/machines',
  'src/protocol',
  'test/vectors',
  'tsconfig.json',
];

const builds = packageFolders.map((folder): Build => {
  const place = `packages/${folder}`;
  const own = ['package.json', 'tsconfig.json', 'vite.config.ts'];
  return {
    outputs: outputs[folder].map((path) => `${place}/${path}`),
    sources: [...sources, ...own.map((path) => `${place}/${path}`)],
    run: async () => {
      await npm(join(root, place), 'run', 'build');
    },
  };
});

/** Settles once all packages are built from the source as it is. */
export async function buildPackages(): Promise<void> {
  await buildStale(builds);
}

/** A file of a tarball. */
export interface PackedFile {
  readonly path: string;
  readonly size: number;
}

/** A tarball as npm made it. */
export interface Packed {
  /** Of the tarball. */
  readonly file: string;
  readonly size: number;
  readonly unpackedSize: number;
  readonly files: readonly PackedFile[];
}

/** A package as an application has it. */
export interface Installed {
  readonly packed: Packed;
  /** The application. */
  readonly folder: string;
  /** Packages that installing the tarball brought, this one included. */
  readonly added: readonly string[];
}

/** Builds, packs and installs a package before the tests of a file; what is returned gives the result to a test. */
export function installBefore(folder: PackageFolder): () => Installed {
  const ends: (() => void | Promise<void>)[] = [];
  let installed: Installed | undefined;
  test.before(`the package ${folder} is installed`, async () => {
    const lifetime: Lifetime = {teardown: (end) => ends.push(end)};
    await buildPackages();
    const packed = await pack(lifetime, join(root, 'packages', folder));
    installed = {packed, ...(await install(lifetime, packed.file))};
  });
  test.after.always(`the package ${folder} is removed`, async () => {
    for (const end of ends) await end();
  });
  return () => {
    if (installed === undefined) throw new Error('Expected the hook to have installed the package');
    return installed;
  };
}

/** Packs what is in a folder as `npm publish` would; the tarball is removed with the test. */
export async function pack(t: Lifetime, folder: string): Promise<Packed> {
  const destination = await temporaryFolder(t);
  const output = await npm(folder, 'pack', '--ignore-scripts', '--json', '--pack-destination', destination);
  const [packed] = JSON.parse(output) as readonly [Omit<Packed, 'file'> & {readonly filename: string}];
  return {...packed, file: join(destination, packed.filename)};
}

/** Installs a tarball into an empty folder, without a registry. */
async function install(t: Lifetime, tarball: string): Promise<Pick<Installed, 'folder' | 'added'>> {
  const folder = await temporaryFolder(t);
  await writeFile(join(folder, 'package.json'), '{"private": true, "type": "module"}');
  await npm(folder, 'install', '--offline', '--no-audit', '--no-fund', tarball);
  const added = (await readdir(join(folder, 'node_modules'))).filter((name) => !name.startsWith('.'));
  return {folder, added};
}

/** The package.json in a folder. */
export async function readManifest(folder: string): Promise<Readonly<Record<string, unknown>>> {
  return JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as Readonly<Record<string, unknown>>;
}

/** Runs npm in a folder; gives its standard output. */
async function npm(folder: string, ...args: readonly string[]): Promise<string> {
  // What npm has set for its own children, as where the project is, is not for this one.
  const environment = Object.entries(process.env).filter(
    ([name]) => !/^npm_(?:config_local_prefix|package_|lifecycle_)/.test(name),
  );
  const {stdout} = await execute('npm', args, {cwd: folder, env: Object.fromEntries(environment), encoding: 'utf8'});
  return stdout;
}

/** An empty folder that is removed with the test. */
export async function temporaryFolder(t: Lifetime): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'rainbow-package-'));
  t.teardown(() => rm(folder, {recursive: true, force: true}));
  return folder;
}

/** What publint and Are The Types Wrong find in a tarball. An ES module that `require` loads as one is right here. */
export async function lint(tarball: string): Promise<readonly string[]> {
  const tools = [
    ['publint', tarball, '--strict'],
    ['attw', tarball, '--ignore-rules', 'cjs-resolves-to-esm', '--no-emoji', '--no-color', '--format', 'ascii'],
  ];
  const reports = tools.map(async ([tool = '', ...args]) => {
    const script = join(root, 'node_modules/.bin', tool);
    return await execute(process.execPath, [script, ...args], {encoding: 'utf8'}).then(
      () => [],
      ({stdout, stderr}: {readonly stdout?: string; readonly stderr?: string}) => [
        `${tool}: ${stdout ?? ''}${stderr ?? ''}`,
      ],
    );
  });
  return (await Promise.all(reports)).flat();
}
