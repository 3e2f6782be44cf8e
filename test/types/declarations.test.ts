// The declarations of the package as its users' compilers read them: built as for a release, put into a package beside an
// application, and compiled by each minor version of TypeScript that changed what declarations may say, libraries checked.

import {execFile} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {cp, mkdir, mkdtemp, rm, symlink, writeFile} from 'node:fs/promises';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import test, {type ExecutionContext} from 'ava';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** The packages of devDependencies: the oldest that is supported to the newest. */
const compilers = ['typescript-5.4', 'typescript-5.6', 'typescript-5.9', 'typescript-6.0', 'typescript'];

interface Consumer {
  readonly files: readonly string[];
  readonly options: Readonly<Record<string, unknown>>;
}

const strict = {
  target: 'ES2022',
  strict: true,
  exactOptionalPropertyTypes: true,
  noEmit: true,
  skipLibCheck: false,
  // Of the compiler's own libraries nobody but the compiler has to answer for.
  skipDefaultLibCheck: true,
};

const consumers: Readonly<Record<string, Consumer>> = {
  /** A page, as a bundler takes it: nothing of Node, nothing newer than ES2022. */
  page: {
    files: ['client.ts'],
    options: {...strict, module: 'ESNext', moduleResolution: 'bundler', lib: ['ES2022', 'DOM'], types: []},
  },
  /** As older projects still find modules: by main, types and typesVersions. */
  classic: {
    files: ['client.ts', 'business.ts', 'gateway.ts'],
    options: {...strict, module: 'CommonJS', moduleResolution: 'node10', lib: ['ES2022'], types: ['node']},
  },
  /** Node, without the libraries of a page. */
  node: {
    files: ['client.ts', 'disposal.ts', 'business.ts', 'gateway.ts'],
    options: {...strict, module: 'NodeNext', moduleResolution: 'NodeNext', lib: ['ES2022'], types: ['node']},
  },
};

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
  await cp(join(root, 'package.json'), join(own, 'package.json'));
  await cp(join(root, 'test/types/consumer'), folder, {recursive: true});
  await writeFile(join(folder, 'package.json'), '{"type": "module"}');
  for (const [name, {files, options}] of Object.entries(consumers)) {
    await writeFile(join(folder, `${name}.json`), JSON.stringify({compilerOptions: options, files}));
  }
  const output = ['--emitDeclarationOnly', '--outDir', join(own, 'dist')];
  const built = await compile('typescript', ['-p', join(root, 'tsconfig.build.json'), ...output]);
  if (built !== '') throw new Error(built);
});

test.after.always('the folder is removed', async () => {
  if (folder !== '') await rm(folder, {recursive: true, force: true});
});

/** What the compiler prints: nothing where all is well. */
function compile(compiler: string, args: readonly string[]): Promise<string> {
  const script = join(root, 'node_modules', compiler, 'bin/tsc');
  return new Promise((resolve, reject) => {
    execFile(process.execPath, [script, '--pretty', 'false', ...args], {cwd: folder}, (error, stdout, stderr) => {
      if (error !== null && stdout === '') reject(new Error(`${compiler} did not run: ${stderr}`, {cause: error}));
      else resolve(stdout);
    });
  });
}

/** Errors in the application and in this package; other packages answer for their own. */
async function errorsOf(compiler: string, consumer: string): Promise<readonly string[]> {
  const output = await compile(compiler, ['-p', join(folder, `${consumer}.json`)]);
  const errors = output.split('\n').filter((line) => /\berror TS\d+:/.test(line));
  if (output !== '' && errors.length === 0) throw new Error(output);
  return errors.filter((line) => !/node_modules\/(?!rainbow-server\/)/.test(line));
}

// One after the other: each is a process that fills a core.
for (const compiler of compilers) {
  test.serial(`an application compiles with ${compiler}, in a page and in Node`, async (t: ExecutionContext) => {
    const [page, node] = await Promise.all([errorsOf(compiler, 'page'), errorsOf(compiler, 'node')]);
    t.deepEqual({page, node}, {page: [], node: []});
  });
}

// Later compilers know it no more.
for (const compiler of ['typescript-5.4', 'typescript-5.9']) {
  test.serial(`an application that finds modules as of old compiles with ${compiler}`, async (t) => {
    t.deepEqual(await errorsOf(compiler, 'classic'), []);
  });
}

test('what older compilers and tools are told of the package agrees with its exports', (t) => {
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

test.serial('a line that should not compile and does is an error', async (t) => {
  const text =
    "import {Rainbow} from 'rainbow-server/client';\n// @ts-expect-error\nnew Rainbow('ws://127.0.0.1:1984/');\n";
  await writeFile(join(folder, 'planted.ts'), text);
  const {options} = consumers.page ?? {};
  await writeFile(join(folder, 'planted.json'), JSON.stringify({compilerOptions: options, files: ['planted.ts']}));
  t.deepEqual(await errorsOf('typescript', 'planted'), [
    "planted.ts(2,1): error TS2578: Unused '@ts-expect-error' directive.",
  ]);
});
