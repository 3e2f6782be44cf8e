import test from 'ava';
import {readForwardTarget, readTarget} from '../../src/upstream/target.ts';

const forwardForms: readonly (readonly [url: string, path: string])[] = [
  ['http://h/chat/', '/chat/7/?'],
  ['http://h/chat', '/chat7/?'],
  ['http://h', '/7/?'],
  ['http://h/chat/?app=1', '/chat/7/?app=1&'],
  ['http://h/message/{message_type}/', '/message/7/?'],
  ['http://h/message/{{message_type}}/', '/message/7/?'],
  ['http://h/message/{message_type}?app=1', '/message/7?app=1&'],
  ['http://h/message/?type={message_type}', '/message/?type=7&'],
  ['http://h/{message_type}/?type={{message_type}}&app=1', '/7/?type=7&app=1&'],
  ['http://h/a b/ä/#part', '/a%20b/%C3%A4/7/?'],
];

for (const [url, path] of forwardForms) {
  test(`a message of type 7 to ${url} goes to ${path}signature`, (t) => {
    t.is(readForwardTarget(url).parts.join('7'), path);
  });
}

test('a URL with a query is signed after its query, one without gets a query', (t) => {
  t.deepEqual(readTarget('http://h/connect/').parts, ['/connect/?']);
  t.deepEqual(readTarget('http://h/connect/?app=1').parts, ['/connect/?app=1&']);
});

test('the origin has the port where it is not the default one', (t) => {
  t.is(readTarget('http://h:80/').origin, 'http://h');
  t.is(readTarget('https://h:8443/x').origin, 'https://h:8443');
  t.is(readTarget('http://[::1]:8000/x').origin, 'http://[::1]:8000');
});

test('credentials in a URL become basic authorization', (t) => {
  t.is(readTarget('http://h/').authorization, undefined);
  t.is(readTarget('http://na%6De:p%40ss@h/').authorization, `Basic ${Buffer.from('name:p@ss').toString('base64')}`);
});

test('what is not an http or https URL is refused', (t) => {
  t.throws(() => readTarget('ftp://h/'), {message: /Expected an http or https URL, got ftp:/});
  t.throws(() => readTarget('/connect/'));
  t.throws(() => readForwardTarget('http://{message_type}.h/'), {message: /path or query/});
});
