// What the gateway serves of itself, end to end.

import test from 'ava';
import {asyncapiDocument} from '../../../src/gateway/documents/asyncapi-document.ts';
import {openapiDocument} from '../../../src/gateway/documents/openapi-document.ts';
import {protocolDocument} from '../../../src/gateway/documents/protocol-document.ts';
import {documentPaths} from '../../../src/protocol/api.ts';
import {start} from '../../support/gateway.ts';

const documents = {protocol: protocolDocument, openapi: openapiDocument, asyncapi: asyncapiDocument};

for (const [name, path] of Object.entries(documentPaths) as [keyof typeof documentPaths, string][]) {
  test(`${path} is served to anybody, and answered 304 to who has it`, async (t) => {
    const {gateway} = await start(t);
    const url = gateway.url + path;
    const response = await fetch(url);
    t.is(response.status, 200);
    t.is(response.headers.get('content-type'), 'application/json; charset=utf-8');
    t.is(response.headers.get('access-control-allow-origin'), '*');
    const bytes = Buffer.from(await response.arrayBuffer());
    t.deepEqual<unknown, unknown>(JSON.parse(bytes.toString()), JSON.parse(JSON.stringify(documents[name]())));
    t.is(Number(response.headers.get('content-length')), bytes.length);

    const etag = response.headers.get('etag') ?? '';
    t.regex(etag, /^"[\w-]{22}"$/);
    for (const tags of [etag, `W/${etag}`, `"other", ${etag}`, '*']) {
      const known = await fetch(url, {headers: {'if-none-match': tags}});
      t.is(known.status, 304, tags);
      t.is(known.headers.get('etag'), etag);
      t.is(await known.text(), '');
    }
    const other = await fetch(url, {headers: {'if-none-match': '"other"'}});
    t.is(other.status, 200);
    t.deepEqual(Buffer.from(await other.arrayBuffer()), bytes);

    const head = await fetch(url, {method: 'HEAD'});
    t.is(head.status, 200);
    t.is(Number(head.headers.get('content-length')), bytes.length);
    t.is((await fetch(url, {method: 'POST'})).status, 405);
  });
}

test('nothing of the configuration is in them', async (t) => {
  const {gateway, business} = await start(t, {apiKeys: ['key-that-must-not-show-0123']});
  for (const path of Object.values(documentPaths)) {
    const text = await (await fetch(gateway.url + path)).text();
    t.false(text.includes('key-that-must') || text.includes('e2e-5f0c') || text.includes(business.url));
  }
});
