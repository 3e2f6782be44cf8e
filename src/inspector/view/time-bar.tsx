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

function momentText(store: Store): string {
  const {header, world, timeline, cursor} = store;
  if (timeline.end === 0) return '';
  const wall = header === undefined ? undefined : new Date(header.wallMs + world.at - header.at);
  const clock = wall === undefined ? `${(world.at / 1_000).toFixed(3)} s` : wall.toISOString().slice(11, 23);
  if (cursor === undefined) return clock;
  return `${clock}  −${((timeline.head.at - world.at) / 1_000).toFixed(1)} s`;
}
