import test from 'ava';
import {undocumentedPart} from './documented.ts';

const headers = {'content-type': 'application/json; charset=utf-8'};
const answer = {method: 'POST', path: '/send/?channel=a', status: 200, headers, text: '{"status":0,"message":"p1"}'};
const overloaded = '{"status":1,"msg":"overloaded","code":"RB_OVERLOADED"}';

test('an answer that the document has is one', (t) => {
  for (const one of [
    answer,
    {...answer, path: 'http://gateway/send?channel=a'},
    {...answer, status: 503, text: overloaded, headers: {...headers, 'retry-after': '5'}},
    // With legacy_http_status.
    {...answer, text: overloaded},
    {...answer, path: '/nowhere/', status: 404, text: '{"status":1,"msg":"no such path","code":"RB_NO_SUCH_PATH"}'},
    {...answer, method: 'GET', path: '/hello/', headers: {'content-type': 'text/plain'}, text: 'ok'},
  ]) {
    t.is(undocumentedPart(one), undefined);
  }
});

for (const [what, one] of [
  ['a member', {...answer, text: '{"status":0,"message":"p1","more":1}'}],
  ['a member that is missing', {...answer, text: '{"status":0}'}],
  ['a status', {...answer, status: 201}],
  ['a type', {...answer, headers: {'content-type': 'text/html'}}],
  ['a code', {...answer, status: 400, text: '{"status":1,"msg":"x","code":"RB_CLIENT_REFUSED"}'}],
  ['a code of another status', {...answer, status: 400, text: overloaded}],
  ['no Retry-After', {...answer, status: 503, text: overloaded}],
  ['a line', {...answer, path: '/send/batch/', headers: {'content-type': 'application/x-ndjson'}, text: '{}\n'}],
] as const) {
  test(`an answer with ${what} that the document has not is found`, (t) => {
    t.is(typeof undocumentedPart(one), 'string');
  });
}
