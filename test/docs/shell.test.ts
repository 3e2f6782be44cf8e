// Every `rainbow` line of the documents' shell blocks, run against a gateway of its own. The how-to guides have tests of
// their own, which run all of their commands.

import test from 'ava';
import {answer} from '../support/business-server.ts';
import {run} from '../support/command.ts';
import {securityToken, start} from '../support/gateway.ts';
import {holdPort} from '../support/ports.ts';
import {codeBlocks, readDocuments} from './documents.ts';

for (const {path, text} of readDocuments().filter((document) => !document.path.startsWith('docs/howto/'))) {
  const lines = codeBlocks({path, text}).flatMap(({language, code}) => {
    return language === 'sh' ? (code.match(/^(?:npx )?rainbow [a-z].*$/gm) ?? []) : [];
  });
  for (const line of lines) {
    test(`${path}: ${line}`, async (t) => {
      const businessPort = await holdPort(t);
      const isConformance = / conformance /.test(line);
      const token = isConformance ? 'tokentoken' : securityToken;
      const elsewhere = `http://127.0.0.1:${businessPort}`;
      const {gateway, business} = await start(t, {
        securityToken: token,
        threads: 1,
        ...(isConformance && {
          retryIntervalMs: 500,
          connectUrl: `${elsewhere}/connect/`,
          forwardUrl: `${elsewhere}/message/`,
          closeUrl: `${elsewhere}/close/`,
        }),
      });
      business.always('message', answer(200, 'ok'));
      const words = readWords(
        line
          .replaceAll('127.0.0.1:1984', `127.0.0.1:${gateway.port}`)
          .replace('--business 8000', `--business ${businessPort}`)
          .replace(/^npx /, ''),
      );
      const environment = {RAINBOW_SECURITY_TOKEN: token, RAINBOW_URL: gateway.url};
      const {code, stderr, stdout} = await run(t, 'rainbow', words.slice(1), {environment});
      t.is(code, 0, stderr + stdout);
    });
  }
}

/** As a shell does for quotes; nothing else of a shell is used. */
function readWords(line: string): readonly string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([, single, double, bare]) => single ?? double ?? bare ?? '',
  );
}
