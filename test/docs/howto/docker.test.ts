// docs/howto/docker.md and the Dockerfile. No registry can be reached here, so that no image is built: the instructions of
// the second stage are carried out in a folder, and its command runs there as the user and the process that it would be.

import {spawnSync} from 'node:child_process';
import {chmod, cp, mkdir, readFile, symlink} from 'node:fs/promises';
import {dirname, join} from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {defaultOptions} from '../../../src/gateway/config/options.ts';
import {startBusinessServer} from '../../support/business-server.ts';
import {until} from '../../support/deadline.ts';
import {holdPort} from '../../support/ports.ts';
import {connect} from '../../support/raw-client.ts';
import {readDocument, root} from '../documents.ts';
import {blocksOf, commandsOf, makeFolder, Program, Shell} from './howto.ts';

const document = readDocument('docs/howto/docker.md');
const commands = commandsOf(document);
const [dockerfile = ''] = blocksOf(document, 'dockerfile');
const [, runtime = ''] = dockerfile.split(/^FROM .*(?<!AS build)\n/m);

/** The values of an instruction of the second stage. */
function valuesOf(instruction: string): readonly string[] {
  return [...runtime.matchAll(new RegExp(`^${instruction} (.*)$`, 'gm'))].map(([, value = '']) => value);
}

test('the Dockerfile of the guide is the one of the tree', async (t) => {
  t.is(dockerfile, await readFile(join(root, 'Dockerfile'), 'utf8'));
});

test('the first stage runs scripts that exist, on the Node that the gateway needs, and gets no foreign build', async (t) => {
  const {scripts, engines} = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as {
    readonly scripts: Readonly<Record<string, string>>;
    readonly engines: {readonly node: string};
  };
  for (const [, name = ''] of dockerfile.matchAll(/npm run (\S+)/g)) t.true(Object.hasOwn(scripts, name), name);
  for (const [, major = ''] of dockerfile.matchAll(/^FROM node:(\d+)/gm)) t.true(engines.node.startsWith(`^${major}.`));
  const ignored = (await readFile(join(root, '.dockerignore'), 'utf8')).split('\n');
  for (const name of ['.git', 'node_modules', 'dist']) t.true(ignored.includes(name), name);
});

test('the commands name what the image has, and stop it no earlier than the gateway ends', (t) => {
  const run = commands.find((command) => command.startsWith('docker run')) ?? '';
  const port = valuesOf('EXPOSE')[0] ?? '';
  t.true(run.includes(` -p 127.0.0.1:${port}:${port} `));
  const [, file = ''] = JSON.parse(valuesOf('CMD').at(-1) ?? '[]') as readonly string[];
  t.true(run.includes(`:${file}:ro `), file);
  t.true(Number(/--stop-timeout (\d+)/.exec(run)?.[1]) > defaultOptions.shutdownMaxMs / 1_000);
  t.is(Number(port), defaultOptions.port);
});

/** What COPY takes from the first stage, from this tree: compiled, and with the packages that run in production. */
async function makeImage(t: ExecutionContext): Promise<string> {
  const folder = await makeFolder(t);
  await chmod(folder, 0o755);
  const image = join(folder, 'image');
  for (const copy of valuesOf('COPY')) {
    const [, from = '', to = ''] = /^--from=build \/build\/(\S+) (\S+)$/.exec(copy) ?? [];
    const target = to.endsWith('/') ? join(image, to, from.slice(from.lastIndexOf('/') + 1)) : join(image, to);
    await mkdir(dirname(target), {recursive: true});
    if (from === 'dist') {
      const compiler = join(root, 'node_modules/typescript/bin/tsc');
      const args = [compiler, '-p', 'tsconfig.build.json', '--outDir', target];
      const {status, stdout} = spawnSync(process.execPath, args, {cwd: root, encoding: 'utf8'});
      t.is(status, 0, stdout);
    } else if (from === 'node_modules') {
      await linkProduction(target);
    } else {
      await cp(join(root, from), target, {recursive: true});
    }
  }
  return image;
}

/** The packages without those of development, as `npm prune --omit=dev` leaves them. */
async function linkProduction(target: string): Promise<void> {
  const {packages} = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    readonly packages: Readonly<
      Record<string, {readonly dev?: true; readonly devOptional?: true; readonly link?: true}>
    >;
  };
  for (const [path, {dev, devOptional, link}] of Object.entries(packages)) {
    if (!/^node_modules\/(?:@[^/]+\/)?[^/]+$/.test(path) || dev || devOptional || link) continue;
    const place = join(target, path.slice('node_modules/'.length));
    await mkdir(dirname(place), {recursive: true});
    await symlink(join(root, path), place);
  }
}

const process1 = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', '--'];
/** The user node of the official image. */
const anotherUser = ['setpriv', '--reuid', '1000', '--regid', '1000', '--clear-groups', '--'];

/** Those of these that this machine allows: they need root, and that the other user may read this tree. */
function allowed(...prefixes: readonly (readonly string[])[]): readonly string[] {
  return prefixes
    .filter(([program = '', ...args]) => {
      return (
        spawnSync(program, [...args, process.execPath, '-e', `fs.readFileSync('${root}package.json')`]).status === 0
      );
    })
    .flat();
}

test('the second stage serves as another user, is healthy, and ends in order by SIGTERM', async (t) => {
  const business = await startBusinessServer(t, 'any');
  const image = await makeImage(t);
  const shell = await Shell.start(t);
  const init = commands.find((command) => command.includes('rainbow init')) ?? '';
  const file = join(image, 'rainbow.ini');
  const written = await shell.run(
    init.replace('http://backend:8000', business.url).replace(' rainbow.ini', ` ${file}`),
  );
  t.is(written.code, 0, written.output);
  await chmod(file, 0o644);

  const port = await holdPort(t);
  const environment = {
    ...Object.fromEntries(valuesOf('ENV').map((pair) => pair.split('='))),
    RAINBOW_PORT: String(port),
    HOME: '/nonexistent',
    NODE_COMPILE_CACHE: undefined,
  };
  const entry = JSON.parse(valuesOf('ENTRYPOINT')[0] ?? '[]') as readonly string[];
  const words = entry.map((word) => (word === 'node' ? process.execPath : join(image, word)));
  const prefix = allowed(process1, anotherUser);
  t.log(`runs by: ${prefix.join(' ')}`);
  const [program, ...args] = [...prefix, ...words, '-f', file];
  const gateway = new Program(t, program, args, environment);
  await gateway.listens(port);
  await until(() => (gateway.output.includes('gateway.started') ? true : undefined), 'the gateway to start');
  const [, pid = ''] = /"pid":(\d+)/.exec(gateway.output) ?? [];
  const isProcess1 = prefix.includes('unshare');
  if (isProcess1) t.is(pid, '1');

  const [, check = ''] = /CMD (\[.*\])$/.exec(valuesOf('HEALTHCHECK')[0] ?? '') ?? [];
  const healthCheck = (JSON.parse(check) as readonly string[]).slice(1);
  t.is(await new Program(t, process.execPath, healthCheck, environment).ended, 0);
  const elsewhere = {...environment, RAINBOW_PORT: String(await holdPort(t))};
  t.is(await new Program(t, process.execPath, healthCheck, elsewhere).ended, 1);

  const client = await connect(t, port);
  const child = isProcess1 ? await childOf(gateway) : gateway.child.pid;
  process.kill(child ?? 0, 'SIGTERM');
  t.is((await client.closeFrame()).code, 1001);
  t.is((await business.next('close')).header('RAINBOWCLOSEREASON'), 'shutdown');
  t.is(await gateway.ended, 0);
  t.regex(gateway.output, /"event":"gateway\.stopped"\}\n$/);
});

/** What unshare has started. */
async function childOf({child}: Program): Promise<number> {
  const children = await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
  return Number(children.trim());
}
