// https: the certificate is checked against the CAs that Node trusts.

import {execFile} from 'node:child_process';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {certificate, key} from './certificate.ts';
import {listen, messageCall, settingsOf} from './harness.ts';

/** One call in a process of its own, since a process reads the CAs it trusts at its start. */
async function callApart(url: string, environment: Record<string, string>): Promise<string> {
  const program = `
    import {createUpstreamPool} from ${JSON.stringify(import.meta.resolve('../../src/upstream/upstream-pool.ts'))};
    const pool = createUpstreamPool({settings: ${JSON.stringify(settingsOf(url))}, workers: 1, callsMax: 10});
    pool.onAnswers(async ([answer]) => {
      console.log(answer.kind === 'accepted' ? Buffer.from(answer.body).toString() : answer.reason);
      await pool.close(0);
    });
    pool.dispatch([{...${JSON.stringify(messageCall())}, payload: new Uint8Array(1)}]);
  `;
  const {stdout} = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program], {
    env: {...process.env, ...environment},
  });
  return stdout.trim();
}

test('a server with a trusted certificate is called; one without is unreachable and sees nothing', async (t) => {
  let seen = 0;
  const server = createServer({key, cert: certificate}, (_request, response) => {
    seen++;
    response.end('in secret');
  });
  const {port} = await listen(t, server);
  const directory = await mkdtemp(join(tmpdir(), 'rainbow-'));
  t.teardown(() => rm(directory, {recursive: true}));
  const file = join(directory, 'certificate.pem');
  await writeFile(file, certificate);

  t.is(await callApart(`https://127.0.0.1:${port}`, {}), 'unreachable');
  t.is(seen, 0);
  t.is(await callApart(`https://127.0.0.1:${port}`, {NODE_EXTRA_CA_CERTS: file}), 'in secret');
  t.is(await callApart(`https://localhost:${port}`, {NODE_EXTRA_CA_CERTS: file}), 'in secret');
  t.is(seen, 2);
});
