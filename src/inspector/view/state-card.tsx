// A state of a chart that was pressed: what it means, and which connections or messages are in it. One of these, pressed,
// is selected.

import {awaitText} from '../charts/state-words.ts';
import {chartNamed} from '../model/chart-graph.ts';
import {countIn, type Member, membersOf} from '../model/members.ts';
import type {Store} from '../model/store.ts';
import {RuleLink} from './rule.tsx';
import {ageText} from './time-bar.tsx';

/** Members that are offered. */
const membersShown = 12;

export interface StateCardProps {
  readonly store: Store;
  readonly chart: string;
  readonly state: string;
  /** By state, where not only the members are counted but all, traced or not. */
  readonly counts: Readonly<Record<string, number>> | undefined;
  readonly onForget: () => void;
}

export function StateCard({store, chart, state, counts, onForget}: StateCardProps) {
  const graph = chartNamed(chart);
  const node = graph?.nodes.find(({id}) => id === state);
  const members = graph?.runsIn === 'client' ? [] : membersOf(store.world, store.selection, chart, state);
  const count = Math.max(members.length, counts === undefined ? 0 : countIn(counts, state));
  const traced = count > members.length ? `; ${members.length || 'none'} of them traced` : '';
  const more = members.length - membersShown;
  return (
    <div class="stateCard">
      <p class="stepCard">
        <code>{state}</code> {node?.rule !== undefined && <RuleLink id={node.rule} />} {node?.description}
        <button type="button" class="plain" aria-label="Forget the state" onClick={onForget}>
          ×
        </button>
      </p>
      {graph?.runsIn === 'gateway' && (
        <ul class="members" aria-label={`In ${state}`}>
          <li class="quiet">
            {awaitText(chart, state, count)}
            {traced}
          </li>
          {members.slice(0, membersShown).map((member) => (
            <li key={member.key}>
              <button type="button" data-member={member.identity} onClick={() => choose(store, member, onForget)}>
                {member.identity} {member.flow?.message} <em>{ageText(store.at - member.since)}</em>
              </button>
            </li>
          ))}
          {more > 0 && (
            <li class="quiet">
              and {more} more; search the lists for {state}
            </li>
          )}
        </ul>
      )}
    </div>
  );
}

function choose(store: Store, {connection, flow}: Member, onForget: () => void): void {
  onForget();
  if (flow !== undefined) store.chart = undefined;
  store.select({connection}, flow?.key);
}
