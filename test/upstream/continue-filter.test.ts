import test from 'ava';
import {ContinueFilter} from '../../src/upstream/continue-filter.ts';

const final = 'HTTP/1.1 200 OK\r\nContent-Length: 34\r\n\r\nHTTP/1.1 100 Continue\r\n\r\nand so on ';

const cases: readonly (readonly [came: string, passed: string])[] = [
  [final, final],
  [`HTTP/1.1 100 Continue\r\n\r\n${final}`, `HTTP/1.1 102 Continue\r\n\r\n${final}`],
  [
    `HTTP/1.0 100\r\nA: 1\r\nB: HTTP/1.1 100\r\n\r\n${final}`,
    `HTTP/1.0 102\r\nA: 1\r\nB: HTTP/1.1 100\r\n\r\n${final}`,
  ],
  [`HTTP/1.1 100 C\n\n${final}`, `HTTP/1.1 102 C\n\n${final}`],
  [`\r\nHTTP/1.1 100 C\r\n\r\n${final}`, `\r\nHTTP/1.1 102 C\r\n\r\n${final}`],
  [
    `HTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.1 100 C\r\n\r\n${final}`,
    `HTTP/1.1 102 C\r\n\r\nHTTP/1.1 103 Early\r\nLink: </a>\r\n\r\nHTTP/1.1 102 C\r\n\r\n${final}`,
  ],
  ['HTTP/1.1 101 Switching Protocols\r\n\r\n', 'HTTP/1.1 101 Switching Protocols\r\n\r\n'],
  ['HTTP/1.1 110 X\r\n\r\n', 'HTTP/1.1 110 X\r\n\r\n'],
  ['SSH-2.0-OpenSSH_9.6\r\n', 'SSH-2.0-OpenSSH_9.6\r\n'],
];

for (const [came, passed] of cases) {
  test(`${JSON.stringify(came.slice(0, 60))} passes wherever it is cut`, (t) => {
    for (let cut = 0; cut <= came.length; cut++) {
      const filter = new ContinueFilter();
      for (let answer = 0; answer < 2; answer++) {
        const parts = [Buffer.from(came.slice(0, cut)), Buffer.from(came.slice(cut))];
        filter.expectAnswer();
        for (const part of parts) filter.pass(part);
        t.is(Buffer.concat(parts).toString(), passed);
      }
    }
  });
}

test('byte by byte the same comes out', (t) => {
  for (const [came, passed] of cases) {
    const filter = new ContinueFilter();
    const parts = Array.from(Buffer.from(came), (byte) => Buffer.of(byte));
    for (const part of parts) filter.pass(part);
    t.is(Buffer.concat(parts).toString(), passed);
  }
});
