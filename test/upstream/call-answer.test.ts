import test from 'ava';
import type {Answer} from '../../src/upstream/call.ts';
import {type AnswerHeaders, judgeAnswer} from '../../src/upstream/call-answer.ts';
import {bodyText, closeCall, connectCall, messageCall, outcome, utf8Header} from './harness.ts';

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

const identities: readonly (readonly [json: string, identity: string])[] = [
  ['"me"', 'me'],
  ['"7"', '7'],
  [JSON.stringify('x'.repeat(256)), 'x'.repeat(256)],
  ['7', '7'],
  ['0', '0'],
  ['-7', '-7'],
  ['9007199254740993', '9007199254740993'],
  ['18446744073709551615', '18446744073709551615'],
  ['1'.repeat(256), '1'.repeat(256)],
];

for (const [json, identity] of identities) {
  test(`the identity ${json.slice(0, 22)} of ${json.length} characters is taken`, (t) => {
    t.like(judgeConnect(`{"status":"success","identity":${json}}`), {
      kind: 'accepted',
      identity,
      identityFault: undefined,
    });
    const nested = `{"user":{"identity":1},"identity":5,"status":"success","identity" : ${json} ,"more":[{"identity":2}]}`;
    t.like(judgeConnect(nested), {identity});
  });

  test(`the user ${json.slice(0, 22)} of ${json.length} characters is taken`, (t) => {
    const answer = judgeConnect(`{"status":"success","user":${json}}`);
    t.like(answer, {kind: 'accepted', identity: undefined, user: identity, userFault: undefined});
    const nested = `{"identity":7,"more":[{"user":2}],"user":5,"user" : ${json} ,"status":"success","x":{"user":2}}`;
    t.like(judgeConnect(nested), {identity: '7', user: identity});
  });
}

const unfit: readonly (readonly [json: string, fault: RegExp])[] = [
  [JSON.stringify('x'.repeat(257)), /^257 characters, at most 256/],
  ['1'.repeat(257), /^257 characters/],
  ['""', /empty/],
  ['"a b"', /blanks/],
  ['"a\\n"', /blanks or characters outside/],
  ['"\u00e9"', /printable ASCII/],
  ['1.0', /not whole/],
  ['1e3', /exponent/],
  ['-0', /not whole/],
  ['1e999', /exponent/],
  ['null', /^null$/],
  ['true', /truth value/],
  ['{}', /object/],
  ['["a"]', /list/],
];

for (const [json, fault] of unfit) {
  test(`the identity ${json.slice(0, 12)} of ${json.length} characters is ignored, and said to be unfit without its value`, (t) => {
    const answer = judgeConnect(`{"status":"success","identity":${json}}`);
    t.true(answer.kind === 'accepted' && answer.identity === undefined);
    t.regex((answer.kind === 'accepted' && answer.identityFault) || '', fault);
  });

  if (json !== 'null') {
    test(`the user ${json.slice(0, 12)} of ${json.length} characters is ignored, and said to be unfit without its value`, (t) => {
      const answer = judgeConnect(`{"status":"success","identity":"me","user":${json}}`);
      t.true(answer.kind === 'accepted' && answer.identity === 'me' && answer.user === undefined);
      t.regex((answer.kind === 'accepted' && answer.userFault) || '', fault);
    });
  }
}

test('a user that is null is no user, and no fault', (t) => {
  t.like(judgeConnect('{"status":"success","user":null}'), {kind: 'accepted', user: undefined, userFault: undefined});
});

test('a number as identity beside JSON that is nested too deeply to look it up is ignored, and the client is admitted', (t) => {
  const depth = 200_000;
  const nested = `${'['.repeat(depth)}${']'.repeat(depth)}`;
  const answer = judgeConnect(`{"status":"success","identity":7,"more":${nested}}`);
  t.true(answer.kind === 'accepted' && answer.identity === undefined);
  t.regex((answer.kind === 'accepted' && answer.identityFault) || '', /nested too deeply/);
});

test('no identity is no fault, whatever is nested', (t) => {
  t.like(judgeConnect('{"status":"success","user":{"identity":7}}'), {identity: undefined});
});

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
