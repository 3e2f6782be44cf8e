import test from 'ava';
import {startApi} from '../http/api-harness.ts';

test('/inspector without its slash leads to the page, beside which its files are', async (t) => {
  const {call} = await startApi(t, {inspector: 'on', inspectorKey: 'a-key-of-24-characters-or-more'});
  for (const query of ['', '?a=1']) {
    const answer = await call(`/inspector${query}`, {redirect: 'manual'});
    t.is(answer.status, 302);
    // Relative, so that it is right behind a proxy that puts a folder before it.
    t.is(answer.headers.get('location'), `inspector/${query}`);
  }
});

test('every other page is whole without its slash: it asks for no file beside it', async (t) => {
  const {call} = await startApi(t, {serverinfo: 'open'});
  const {status, text} = await call('/serverinfo');
  t.is(status, 200);
  t.notRegex(text, /\b(?:src|href)="(?!data:|https?:|#)/);
});
