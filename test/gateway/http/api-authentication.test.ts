import test from 'ava';
import {SimulatedClock} from '../../../src/core/clock-simulated.ts';
import {ApiAuthentication} from '../../../src/gateway/http/api-authentication.ts';
import {parseQuery} from '../../../src/gateway/http/api-query.ts';

const key = 'a-key-of-24-characters-or-more';

test('of the spellings of a key so many are remembered, and all of them pass', (t) => {
  const secrets = {securityToken: 'tokentoken', apiKeys: [key]};
  const authentication = new ApiAuthentication(secrets, new SimulatedClock());
  const query = parseQuery('');
  for (let blanks = 1; blanks <= 200; blanks++) {
    t.is(authentication.refuse(query, `Bearer${' '.repeat(blanks)}${key}`), undefined);
    t.like(authentication.refuse(query, `Bearer${' '.repeat(blanks)}${key}x`), {code: 'RB_API_KEY'});
  }
  t.is(authentication.spellings, 64);
});
