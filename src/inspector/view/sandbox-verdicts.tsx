// The fate of each message, and its rule.

import {letterOf} from '../sandbox/journal.ts';
import type {Sandbox} from '../sandbox/sandbox.ts';
import type {Story} from '../sandbox/stories.ts';
import {judge, type Outcome} from '../sandbox/verdict.ts';
import {RuleLink} from './rule.tsx';

const words: Readonly<Record<Outcome, string>> = {
  once: 'delivered once',
  twice: 'delivered twice',
  lost: 'lost',
  open: 'open',
};

export function Verdicts({
  sandbox,
  expected,
}: {
  readonly sandbox: Sandbox;
  readonly expected: Story['expected'] | undefined;
}) {
  const {messages} = sandbox.sender;
  return (
    <section class="panel verdicts" aria-label="Verdicts" aria-live="polite">
      <h2>Verdict</h2>
      {messages.length === 0 && <p class="quiet">Send a message, or begin a story.</p>}
      <ul>
        {messages.map(({number, qos}) => {
          const {outcome, rule, why, deliveries} = judge(sandbox, number);
          const isAsTold = expected?.[number]?.outcome === outcome;
          return (
            <li key={number} class={outcome} data-outcome={outcome} data-message={letterOf(number)}>
              <b>{letterOf(number)}</b> <span class="quiet">QoS {qos}</span>{' '}
              <strong>
                {outcome === 'twice' && deliveries > 2 ? `delivered ${deliveries} times` : words[outcome]}
              </strong>
              {isAsTold && ' ✓'} <RuleLink id={rule} /> {why}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
