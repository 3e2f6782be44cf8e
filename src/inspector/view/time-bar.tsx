// Time: follow the latest, pause, step, scrub back, let it run again.

import type {Store} from '../model/store.ts';

export function TimeBar({store}: {readonly store: Store}) {
  const {timeline, position, cursor, playing} = store;
  const isAtLatest = cursor === undefined;
  const first = timeline.first;
  return (
    <div class="timeBar" role="toolbar" aria-label="Time">
      <button
        type="button"
        class={isAtLatest ? 'primary' : ''}
        aria-pressed={isAtLatest}
        onClick={() => store.togglePause()}
        title="Space"
      >
        {isAtLatest ? 'Pause' : 'Latest'}
      </button>
      <button type="button" aria-label="Step back" title="←" onClick={() => store.step(-1)}>
        ◂
      </button>
      <button type="button" aria-label="Step on" title="→" onClick={() => store.step(1)}>
        ▸
      </button>
      <button type="button" aria-pressed={playing !== undefined} onClick={() => store.play()} title="P">
        {playing === undefined ? 'Play' : 'Stop'}
      </button>
      <input
        type="range"
        aria-label="Moment"
        min={first}
        max={timeline.end}
        value={position}
        onInput={(event) => store.lookAt(Number(event.currentTarget.value))}
      />
      <output>{momentText(store)}</output>
    </div>
  );
}

/** A time of the trace as a clock shows it, in UTC; as it is where nothing ties it to a clock. */
export function clockText({header}: Store, at: number): string {
  if (header === undefined) return `${(at / 1_000).toFixed(3)} s`;
  return new Date(header.wallMs + at - header.at).toISOString().slice(11, 23);
}

/** How long ago something was, where that is known. */
export function ageText(ms: number): string {
  if (!Number.isFinite(ms)) return '';
  if (ms < 1_000) return 'now';
  if (ms < 60_000) return `${Math.floor(ms / 1_000)} s`;
  return `${Math.floor(ms / 60_000)} min`;
}

function momentText(store: Store): string {
  const {world, timeline, cursor} = store;
  if (timeline.end === 0) return '';
  const clock = clockText(store, world.at);
  if (cursor === undefined) return clock;
  return `${clock}  −${((timeline.head.at - world.at) / 1_000).toFixed(1)} s`;
}
