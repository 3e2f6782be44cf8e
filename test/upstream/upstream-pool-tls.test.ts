// https: the certificate is checked against the CAs that Node trusts.

import {execFile} from 'node:child_process';
import {mkdtemp, rm, writeFile} from 'node:fs/promises';
import {createServer} from 'node:https';
import {tmpdir} from 'node:os';
import {join} from 'node:path';
import {promisify} from 'node:util';
import test from 'ava';
import {listen, messageCall, settingsOf} from './kit.ts';

// Self-signed, for localhost and 127.0.0.1, good from 2020 to 2120; trusted by nobody but this test.
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgJZKS0hbO4FxrGwU4
hnjVQrAbFGDPB2JzPfR8KOC8kcChRANCAAQlI/7PEaNC3b01RQuCLgqLhozOzujb
h++5UCubL+1LznBxODfgn4wgDz+Kz9La54b4d+2tgYAol0cqpSXRK6Sb
-----END PRIVATE KEY-----
`;
const certificate = `-----BEGIN CERTIFICATE-----
MIIBaDCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAUMRIwEAYDVQQDDAlsb2NhbGhv
c3QwIBcNMjAwMTAxMDAwMDAwWhgPMjEyMDAxMDEwMDAwMDBaMBQxEjAQBgNVBAMM
CWxvY2FsaG9zdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABCUj/s8Ro0LdvTVF
C4IuCouGjM7O6NuH77lQK5sv7UvOcHE4N+CfjCAPP4rP0trnhvh37a2BgCiXRyql
JdErpJujTjBMMA8GA1UdEwEB/wQFMAMBAf8wGgYDVR0RBBMwEYIJbG9jYWxob3N0
hwR/AAABMB0GA1UdDgQWBBReWcCxRvsJcFWxwUPVZvOvRWhL/zAKBggqhkjOPQQD
AgNJADBGAiEAhVkD4TtEOa795gVP13Vg2vKFha37YfTLAiP2QfyaFy0CIQC3NzBL
fSFlzSchowKkfEztB6HL3+qDKXmE4XA+rRAHqQ==
-----END CERTIFICATE-----
`;

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

test('a server whose certificate is trusted is called, one whose is not is unreachable and sees nothing', async (t) => {
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
