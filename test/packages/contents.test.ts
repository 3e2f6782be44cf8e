// What is in each package, what it costs, and that its manifest is right for bundlers, compilers and registries.

import {execFile} from 'node:child_process';
import {readdirSync, readFileSync} from 'node:fs';
import {readFile, writeFile} from 'node:fs/promises';
import {join} from 'node:path';
import {promisify} from 'node:util';
import {gzipSync} from 'node:zlib';
import test, {type ExecutionContext} from 'ava';
import {build, type Rolldown} from 'vite';
import {readDocument, root, tableRows} from '../docs/documents.ts';
import {
  installBefore,
  lint,
  type PackageFolder,
  packageFolders,
  readManifest,
  temporaryFolder,
} from '../support/packages.ts';

const names: Readonly<Record<PackageFolder, string>> = {business: 'rainbow-business', client: 'rainbow-client'};

const entries: Readonly<Record<PackageFolder, string>> = {
  business: '../../src/business/index.ts',
  client: '../../src/client/client.ts',
};

/** Every file of vectors is in the package of the client. */
const vectors = readdirSync(join(root, 'test/vectors')).filter((name) => name.endsWith('.json'));

/** Files besides the declarations, each with the most bytes that it may have. */
const contents: Readonly<Record<PackageFolder, Readonly<Record<string, number>>>> = {
  business: {
    LICENSE: 2_000,
    'README.md': 5_000,
    'dist/business.js': 120_000,
    'dist/business.js.map': 320_000,
    'package.json': 2_000,
  },
  client: {
    LICENSE: 2_000,
    'README.md': 5_000,
    'dist/client.js': 80_000,
    'dist/client.js.map': 240_000,
    'dist/rainbow-client.global.js': 45_000,
    'dist/rainbow-client.global.js.map': 240_000,
    ...Object.fromEntries(vectors.map((name) => [`dist/vectors/${name}`, 450_000])),
    'package.json': 2_000,
  },
};
/** As docs/client.md promises. */
const scriptGzipBytesMax = 12 * 1024;
const declarationsMax = 40;

const place = (folder: PackageFolder): string => join(root, 'packages', folder);

const installed = {business: installBefore('business'), client: installBefore('client')};

for (const folder of packageFolders) {
  const name = names[folder];

  test(`the tarball of ${name} has the files that it should have, within their bounds, and no other`, async (t) => {
    const {files, size, unpackedSize, file} = installed[folder]().packed;
    t.log(`${name}: ${files.length} files, ${size} bytes packed, ${unpackedSize} unpacked`);
    const declarations = files.filter(({path}) => /^dist\/types\/[\w/-]+\.d\.ts$/.test(path));
    const others = files.filter((found) => !declarations.includes(found));
    t.deepEqual(others.map(({path}) => path).toSorted(), Object.keys(contents[folder]).toSorted());
    for (const {path, size: bytes} of others) {
      t.true(bytes > 0 && bytes <= (contents[folder][path] ?? 0), `${path}: ${bytes}`);
    }
    t.true(declarations.length > 0 && declarations.length <= declarationsMax, `${declarations.length} declarations`);
    t.deepEqual(await lint(file), []);
  });

  test(`npm install of the tarball of ${name} adds one package, which exports what its source does`, async (t) => {
    const {folder: application, added} = installed[folder]();
    t.deepEqual(added, [name]);
    const program = `import * as own from '${name}'; console.log(Object.keys(own).join());`;
    await writeFile(join(application, 'main.js'), program);
    const {stdout} = await promisify(execFile)(process.execPath, ['main.js'], {cwd: application});
    const source = (await import(entries[folder])) as object;
    t.deepEqual(stdout.trim().split(',').toSorted(), Object.keys(source).toSorted());
  });

  test(`the manifest of ${name} agrees with that of rainbow-server`, async (t) => {
    const own = await readManifest(place(folder));
    const server = await readManifest(root);
    for (const field of ['version', 'license', 'author', 'bugs', 'type']) t.deepEqual(own[field], server[field], field);
    t.deepEqual(own.repository, {...(server.repository as object), directory: `packages/${folder}`});
    for (const field of ['dependencies', 'peerDependencies', 'optionalDependencies', 'private'])
      t.is(own[field], undefined, field);
    t.is(await readFile(join(place(folder), 'LICENSE'), 'utf8'), await readFile(join(root, 'LICENSE'), 'utf8'));
    t.true((server.workspaces as readonly string[]).includes(`packages/${folder}`));
  });

  test(`each source map of ${name} has the text of its sources, under names inside the package`, async (t) => {
    for (const path of Object.keys(contents[folder]).filter((path) => path.endsWith('.map'))) {
      const map = JSON.parse(await readFile(join(place(folder), path), 'utf8')) as {
        readonly sources: readonly string[];
        readonly sourcesContent: readonly (string | null)[];
      };
      t.true(map.sources.length > 20);
      for (const [index, source] of map.sources.entries()) {
        t.regex(source, /^\.\.\/src\/[\w/-]+\.ts$/);
        t.is(map.sourcesContent[index], readFileSync(join(root, source.slice(3)), 'utf8'), source);
      }
      const code = await readFile(join(place(folder), path.replace('.map', '')), 'utf8');
      t.true(code.trimEnd().endsWith(`//# sourceMappingURL=${path.replace('dist/', '')}`));
    }
  });
}

test('the oldest Node that each package supports is the one that its page is tested in', async (t) => {
  const {dependencies} = await readManifest(join(root, '.ci/runtimes'));
  const oldest = async (folder: PackageFolder): Promise<string> => {
    const {node = ''} = (await readManifest(place(folder))).engines as {readonly node?: string};
    return `npm:node@${[...node.replace('>=', '').split('.'), '0', '0'].slice(0, 3).join('.')}`;
  };
  t.like(dependencies, {node20: await oldest('business'), node22: await oldest('client')});
});

test('the lock files name packages and their hashes, and no registry', (t) => {
  for (const path of ['package-lock.json', '.ci/runtimes/package-lock.json']) {
    const {packages} = JSON.parse(readFileSync(join(root, path), 'utf8')) as {
      readonly packages: Readonly<Record<string, {readonly link?: boolean; readonly resolved?: string}>>;
    };
    const resolved = Object.values(packages).filter((entry) => entry.link !== true && entry.resolved !== undefined);
    t.deepEqual(resolved, [], path);
  }
});

test('the script of rainbow-client for a page stays within its bound, gzipped', (t) => {
  const code = readFileSync(join(place('client'), 'dist/rainbow-client.global.js'));
  const gzipBytes = gzipSync(code, {level: 9}).length;
  t.log(`${code.length} bytes, ${gzipBytes} gzipped`);
  t.true(gzipBytes <= scriptGzipBytesMax, `${gzipBytes} bytes`);
});

test('docs/client.md has the sizes of both files', (t) => {
  const rows = tableRows(readDocument('docs/client.md')).filter(([file]) => file.startsWith('`dist/'));
  t.is(rows.length, 2);
  for (const [file, , size = '', gzipped = ''] of rows) {
    const code = readFileSync(join(place('client'), file.replaceAll('`', '')));
    for (const [written, bytes] of [
      [size, code.length],
      [gzipped, gzipSync(code, {level: 9}).length],
    ] as const) {
      t.regex(written, /^\d+ KB$/);
      t.true(Math.abs(Number.parseInt(written, 10) - bytes / 1024) < 1, `${file}: ${written} for ${bytes} bytes`);
    }
  }
});

test('a bundler drops a package of which an application uses nothing', async (t) => {
  for (const folder of packageFolders) {
    const program = `import '${join(place(folder), `dist/${folder}.js`)}';\nconsole.log('used');\n`;
    t.is((await bundle(t, program)).trim(), 'console.log("used");', folder);
  }
});

/** Compares what there is in a process before and after it imports a file. */
const comparison = `
  const listNames = (value) => Reflect.ownKeys(value).map(String);
  const describe = () =>
    JSON.stringify({
      // Dependencies of the gateway share these between their copies.
      globals: listNames(globalThis).filter((name) => !/^(?:__zod|Symbol\\(undici)/.test(name)),
      builtins: listNames(globalThis)
        .map((name) => Object.getOwnPropertyDescriptor(globalThis, name)?.value)
        .filter((value) => typeof value === 'function')
        .map((value) => [value.name, listNames(value), listNames(value.prototype ?? {})]),
      listeners: process.eventNames().map((name) => [String(name), process.listenerCount(name)]),
      resources: process.getActiveResourcesInfo(),
    });
  const before = describe();
  await import(process.argv[1]);
  const after = describe();
  process.stdout.write(JSON.stringify([before, after]));
`;

for (const [name, entry] of [
  ['rainbow-client', 'packages/client/dist/client.js'],
  ['rainbow-business', 'packages/business/dist/business.js'],
  ['rainbow-server', 'src/gateway/gateway.ts'],
] as const) {
  test(`importing ${name} has no side effects, as its manifest says`, async (t) => {
    const args = ['--input-type=module', '--eval', comparison, join(root, entry)];
    const {stdout} = await promisify(execFile)(process.execPath, args, {cwd: root});
    const [before, after] = JSON.parse(stdout) as readonly [string, string];
    t.deepEqual(JSON.parse(after), JSON.parse(before));
  });
}

/** Bundles a program as an application's build does; gives its code without comments of the bundler. */
async function bundle(t: ExecutionContext, program: string): Promise<string> {
  const input = join(await temporaryFolder(t), 'program.js');
  await writeFile(input, program);
  const result = (await build({
    configFile: false,
    logLevel: 'silent',
    build: {write: false, minify: false, target: 'es2022', rolldownOptions: {input, external: /^node:/}},
  })) as Rolldown.RolldownOutput;
  const code = result.output.map((part) => (part.type === 'chunk' ? part.code : '')).join('');
  return code.replace(/^\/\/.*\n/gm, '');
}
