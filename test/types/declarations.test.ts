// The declarations of the packages as their users' compilers read them: built as for a release, put into packages beside
// an application, and compiled by each minor version of TypeScript that changed what declarations may say, libraries checked.

import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {cp, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test from 'ava';
import {buildPackages, lint, pack, packageFolders} from '../support/packages.ts';
import {type Consumer, isOfOthers, loadCompiler} from './compilers.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));

const strict = {
  target: 'ES2022',
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: false,
  // The compiler's own libraries are the compiler's responsibility.
  skipDefaultLibCheck: true,
};

const consumers = {
  /** A page, as a bundler takes it: nothing of Node, nothing newer than ES2022. */
  page: {
    files: ['client.ts', 'client-alone.ts'],
    options: {...strict, module: 'ESNext', moduleResolution: 'bundler', lib: ['ES2022', 'DOM'], types: []},
  },
  /** As older projects still find modules: by main, types and typesVersions. */
  classic: {
    files: ['client.ts', 'client-alone.ts', 'business.ts', 'business-alone.ts', 'gateway.ts'],
    options: {...strict, module: 'CommonJS', moduleResolution: 'node10', lib: ['ES2022'], types: ['node']},
  },
  /** Node, without the libraries of a page. */
  node: {
    files: ['client.ts', 'client-alone.ts', 'disposal.ts', 'business.ts', 'business-alone.ts', 'gateway.ts'],
    options: {...strict, module: 'NodeNext', moduleResolution: 'NodeNext', lib: ['ES2022'], types: ['node']},
  },
  /** An author of a client, on Node. */
  vectors: {
    files: ['vectors.ts'],
    options: {...strict, module: 'NodeNext', moduleResolution: 'NodeNext', resolveJsonModule: true, types: ['node']},
  },
} as const satisfies Readonly<Record<string, Consumer>>;

type Name = keyof typeof consumers;

/** The packages of devDependencies, the oldest that is supported first, and what is compiled with each. */
const compiled: Readonly<Record<string, readonly Name[]>> = {
  'typescript-5.4': ['page', 'node', 'classic'],
  'typescript-5.6': ['page', 'node'],
  'typescript-5.9': ['page', 'node', 'classic'],
  // Later compilers know no more how modules were found of old.
  'typescript-6.0': ['page', 'node'],
};
/** Has no API: a process compiles. */
const newest = 'typescript';
const consumersOfNewest: readonly Name[] = ['page', 'node', 'vectors'];

/** What every compiler has to find, in the application and in this package. */
const plantedFiles = {
  'planted.ts':
    "import {Rainbow} from 'rainbow-server/client';\n// @ts-expect-error\nnew Rainbow('ws://127.0.0.1:1984/');\n",
  'node_modules/rainbow-server/planted.d.ts': 'export declare const planted: Missing;\n',
};
const planted: Consumer = {files: Object.keys(plantedFiles), options: consumers.page.options};
/** Applications that use a package by itself: those that use it as a part of `rainbow-server`, under its own name. */
const alone = {client: 'client.ts', business: 'business.ts'} as const;
const errorsPlanted = [
  "node_modules/rainbow-server/planted.d.ts(1,31): error TS2304: Cannot find name 'Missing'.",
  "planted.ts(2,1): error TS2578: Unused '@ts-expect-error' directive.",
];

let folder = '';

test.before('the declarations are built', async () => {
  folder = await mkdtemp(join(tmpdir(), 'rainbow-types-'));
  const installed = join(folder, 'node_modules');
  const own = join(installed, 'rainbow-server');
  await mkdir(join(installed, '@types'), {recursive: true});
  await mkdir(own);
  for (const name of ['zod', 'pino', '@types/node']) {
    await symlink(join(root, 'node_modules', name), join(installed, name), 'junction');
  }
  for (const part of ['package.json', 'bin']) await cp(join(root, part), join(own, part), {recursive: true});
  await cp(join(root, 'test/types/consumer'), folder, {recursive: true});
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  await buildPackages();
  for (const name of packageFolders) {
    const target = join(installed, `rainbow-${name}`);
    for (const part of ['package.json', 'dist']) {
      await cp(join(root, 'packages', name, part), join(target, part), {recursive: true});
    }
    const program = readFileSync(join(folder, alone[name]), 'utf8');
    await writeFile(join(folder, `${name}-alone.ts`), program.replace(`rainbow-server/${name}`, `rainbow-${name}`));
  }
  for (const [path, text] of Object.entries(plantedFiles)) await writeFile(join(folder, path), text);
  // What is built is checked as it is read.
  const output = ['--noCheck', '--outDir', join(own, 'dist')];
  const built = await compile(['-p', join(root, 'tsconfig.build.json'), ...output]);
  if (built !== '') throw new Error(built);
});

test.after.always('the folder is removed', async () => {
  if (folder !== '') await rm(folder, {recursive: true, force: true});
});

/** What the newest compiler prints: nothing where all is well. */
function compile(args: readonly string[]): Promise<string> {
  const script = join(root, 'node_modules', newest, 'bin/tsc');
  // On one thread: on several it does part of the work several times.
  const flags = ['--pretty', 'false', '--singleThreaded'];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [script, ...flags, ...args], {cwd: folder}, (error, stdout, stderr) => {
      if (error !== null && stdout === '') reject(new Error(`${newest} did not run: ${stderr}`, {cause: error}));
      else resolve(stdout);
    });
  });
}

/** What the newest compiler finds in the application and in this package. */
async function errorsOfNewest(name: string, {files, options}: Consumer): Promise<readonly string[]> {
  const project = join(folder, `${name}.json`);
  await writeFile(project, JSON.stringify({compilerOptions: options, files}));
  const output = await compile(['-p', project]);
  const errors = output.split('\n').filter((line) => /\berror TS\d+:/.test(line));
  if (output !== '' && errors.length === 0) throw new Error(output);
  return errors.filter((line) => !isOfOthers(line));
}

for (const [compiler, names] of Object.entries(compiled)) {
  test.serial(`an application compiles with ${compiler}: ${names.join(', ')}`, (t) => {
    const errorsOf = loadCompiler(compiler, folder);
    for (const name of names) t.deepEqual(errorsOf(consumers[name]), [], name);
    t.deepEqual(errorsOf(planted).toSorted(), errorsPlanted);
  });
}

test.serial(`an application compiles with ${newest}: ${consumersOfNewest.join(', ')}`, async (t) => {
  for (const name of consumersOfNewest) t.deepEqual(await errorsOfNewest(name, consumers[name]), [], name);
  t.deepEqual((await errorsOfNewest('planted', planted)).toSorted(), errorsPlanted);
});

test.serial(
  'the manifest of rainbow-server is right for registries and for each way to find its modules',
  async (t) => {
    const {file} = await pack(t, join(folder, 'node_modules/rainbow-server'));
    t.deepEqual(await lint(file), []);
  },
);

test('the fields for older compilers and tools agree with the exports of the package', (t) => {
  const {
    main,
    types,
    typesVersions,
    exports: named,
  } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    readonly main: string;
    readonly types: string;
    readonly typesVersions: Readonly<Record<'*', Readonly<Record<string, readonly string[]>>>>;
    readonly exports: Readonly<Record<string, string | {readonly types: string; readonly default: string}>>;
  };
  t.deepEqual(named['.'], {types, default: main});
  const typed = Object.entries(named).flatMap(([path, target]) =>
    path === '.' || typeof target === 'string' ? [] : [[path.replace('./', ''), [target.types]] as const],
  );
  t.deepEqual(Object.fromEntries(typed), typesVersions['*']);
});
