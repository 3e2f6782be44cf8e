import test from 'ava';
import type {Answer} from '../../src/upstream/call.ts';
import {type AnswerHeaders, judgeAnswer} from '../../src/upstream/call-answer.ts';
import {bodyText, closeCall, connectCall, messageCall, outcome, utf8Header} from './kit.ts';

function judgeConnect(body: string, headers: AnswerHeaders = {}): Answer {
  return judgeAnswer(connectCall(), 200, headers, Buffer.from(body));
}

const connectBodies: readonly (readonly [body: string, outcome: string])[] = [
  ['{"status":"success"}', 'accepted'],
  ['\ufeff{"status":"success"}', 'accepted'],
  ['{"status":"failed"}', 'refused'],
  ['{"status":"Success"}', 'refused'],
  ['{"status":null}', 'refused'],
  ['{"status":0}', 'refused'],
  ['{}', 'failed/invalid'],
  ['{"STATUS":"success"}', 'failed/invalid'],
  ['{"__proto__":{"status":"success"}}', 'failed/invalid'],
  ['["status"]', 'failed/invalid'],
  ['"success"', 'failed/invalid'],
  ['null', 'failed/invalid'],
  ['', 'failed/invalid'],
  ['{"status":"success"', 'failed/invalid'],
  ['<html>ok</html>', 'failed/invalid'],
];

for (const [body, expected] of connectBodies) {
  test(`the connect answer ${JSON.stringify(body)} is ${expected}`, (t) => {
    t.is(outcome(judgeConnect(body)), expected);
  });
}

test('a connect answer that is not UTF-8 is invalid', (t) => {
  const body = Buffer.from('{"status":"success","name":"\xe9"}', 'latin1');
  t.is(outcome(judgeAnswer(connectCall(), 200, {}, body)), 'failed/invalid');
});

const identities: readonly (readonly [json: string, identity: string | undefined])[] = [
  ['"me"', 'me'],
  [JSON.stringify('x'.repeat(256)), 'x'.repeat(256)],
  [JSON.stringify('x'.repeat(257)), undefined],
  ['""', undefined],
  ['"a b"', undefined],
  ['"a\\n"', undefined],
  ['"\u00e9"', undefined],
  ['7', undefined],
  ['null', undefined],
];

for (const [json, identity] of identities) {
  test(`the identity ${json.slice(0, 12)} of ${json.length} characters is ${identity === undefined ? 'ignored' : 'taken'}`, (t) => {
    const answer = judgeConnect(`{"status":"success","identity":${json}}`);
    t.true(answer.kind === 'accepted' && answer.identity === identity);
  });
}

test('a message answer is its body, whatever it says', (t) => {
  t.is(bodyText(judgeAnswer(messageCall(), 201, {}, Buffer.from('<html>'))), '<html>');
});

test('the body and headers of a close answer are ignored', (t) => {
  const answer = judgeAnswer(closeCall(), 200, {rainbowclientchannel: 'a'}, Buffer.from('x'));
  t.true(answer.kind === 'accepted' && answer.join === undefined && answer.body.length === 0);
});

for (const call of [connectCall(), messageCall(), closeCall()]) {
  test(`a ${call.kind} answer marked RAINBOWREQUESTINVALID is invalid`, (t) => {
    const body = Buffer.from('{"status":"success"}');
    t.is(outcome(judgeAnswer(call, 200, {rainbowrequestinvalid: 'invalid signature'}, body)), 'failed/invalid');
    t.is(outcome(judgeAnswer(call, 200, {rainbowrequestinvalid: ''}, body)), 'failed/invalid');
  });
}

test('channel headers are read as UTF-8 where they are, else as Latin-1; repeated ones are joined', (t) => {
  const headers = {
    rainbowclientchannel: [utf8Header('čaj;;комната'), 'b'],
    rainbowclientchannelunsub: 'caf\xe9',
    rainbowclientcookie: ['first', utf8Header('čaj')],
  };
  const answer = judgeAnswer(messageCall(), 200, headers, new Uint8Array(0));
  t.true(answer.kind === 'accepted');
  if (answer.kind !== 'accepted') return;
  t.is(answer.join, 'čaj;;комната;;b');
  t.is(answer.leave, 'café');
  t.is(answer.cookie, utf8Header('čaj'));
});

test('absent headers stay absent and empty ones empty', (t) => {
  const absent = judgeConnect('{"status":"success"}');
  t.true(absent.kind === 'accepted' && absent.cookie === undefined && absent.join === undefined);
  const empty = judgeConnect('{"status":"success"}', {rainbowclientcookie: '', rainbowclientchannel: ''});
  t.true(empty.kind === 'accepted' && empty.cookie === '' && empty.join === '');
});
