// A ladder of packets as an SVG: time runs down, an arrow a packet. Only the rows in sight are there.

import {useEffect, useLayoutEffect, useRef, useState} from 'preact/hooks';
import {ArrowHead} from '../charts/arrow-head.tsx';
import type {LadderRow} from '../model/ladder.ts';

export const rowHeight = 24;
const spare = 8;
/** Below the last row, at least. */
const minTail = 8;
/** Letters of an identity: the gateway's own are 64 digits, of which a few distinguish them. */
const identityShown = 12;
const timeWidth = 70;
/** From the outer lanes to the edge: half of a lane's name. */
const margin = 38;
/** In a row: its line, and the text above it. */
const [lineY, textY] = [18, 13];

export interface LadderProps {
  readonly lanes: readonly string[];
  readonly rows: readonly LadderRow[];
  readonly chosen: number | undefined;
  readonly onChoose: (row: LadderRow) => void;
  readonly label: string;
  /** Whether rows name their client: where there are several. */
  readonly hasIdentities?: boolean;
  /** A time of day, where the rows' times have one: stands at the first row of each second. */
  readonly clockOf?: (at: number) => string;
  /** What is said where there is no row. @default 'Nothing has happened yet.' */
  readonly emptyText?: string;
}

export function LadderDrawing({
  lanes,
  rows,
  chosen,
  onChoose,
  label,
  hasIdentities = false,
  clockOf,
  emptyText = 'Nothing has happened yet.',
}: LadderProps) {
  const frame = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const [size, setSize] = useState({width: 500, height: 300});
  const [top, setTop] = useState(0);
  useEffect(() => {
    const element = frame.current;
    if (element === null) return undefined;
    const observer = new ResizeObserver(() => setSize({width: element.clientWidth, height: element.clientHeight}));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // A view at the end stays there as rows arrive.
  useLayoutEffect(() => {
    const element = frame.current;
    if (element !== null && isAtEnd.current) element.scrollTop = element.scrollHeight;
  });
  const first = Math.max(0, Math.floor(top / rowHeight) - spare);
  const last = Math.min(rows.length, Math.ceil((top + size.height) / rowHeight) + spare);
  // So much below the last row that at the end the first one in sight is whole, and not cut by the names of the lanes.
  const tail = minTail + ((((size.height - minTail) % rowHeight) + rowHeight) % rowHeight);
  const height = rows.length * rowHeight + tail;
  // What is chosen stays in sight, also where the panel below it takes its room.
  useLayoutEffect(() => {
    const element = frame.current;
    const place = rows.findIndex(({id}) => id === chosen);
    if (element === null || place < 0) return;
    const above = place * rowHeight;
    const below = Math.ceil((above + rowHeight + minTail - element.clientHeight) / rowHeight) * rowHeight;
    if (element.scrollTop > above) element.scrollTop = above;
    else if (element.scrollTop < below) element.scrollTop = below;
  }, [chosen, size.height]);
  const xs = lanes.map(
    (_, place) => timeWidth + margin + (place * (size.width - timeWidth - 2 * margin)) / Math.max(1, lanes.length - 1),
  );
  const onKeyDown = (event: KeyboardEvent): void => {
    const by = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
    if (by === 0) return;
    event.preventDefault();
    const place = rows.findIndex(({id}) => id === chosen);
    const next = rows[Math.min(Math.max(place < 0 ? rows.length - 1 : place + by, 0), rows.length - 1)];
    if (next !== undefined) onChoose(next);
  };
  return (
    <div class="ladder">
      <div class="lanes" aria-hidden="true">
        {lanes.map((lane, place) => (
          <span key={lane} style={{left: `${xs[place]}px`}}>
            {lane}
          </span>
        ))}
      </div>
      <div
        class="rungs"
        ref={frame}
        role="listbox"
        tabIndex={0}
        aria-label={label}
        onKeyDown={onKeyDown}
        onScroll={({currentTarget}) => {
          isAtEnd.current =
            currentTarget.scrollTop + currentTarget.clientHeight > currentTarget.scrollHeight - rowHeight;
          setTop(currentTarget.scrollTop);
        }}
      >
        <svg width={size.width} height={height} role="presentation">
          <defs>
            <ArrowHead id="tip" />
          </defs>
          {xs.map((x) => (
            <line key={x} class="lane" x1={x} x2={x} y1={first * rowHeight} y2={last * rowHeight + tail} />
          ))}
          {rows.slice(first, last).map((row, place) => (
            <Ground
              key={row.id}
              row={row}
              place={first + place}
              xs={xs}
              offset={rows[0]?.id ?? 0}
              isChosen={row.id === chosen}
              width={size.width}
            />
          ))}
          {rows.slice(first, last).map((row, place) => (
            <Rung
              key={row.id}
              row={row}
              place={first + place}
              before={rows[first + place - 1]}
              xs={xs}
              offset={rows[0]?.id ?? 0}
              isChosen={row.id === chosen}
              onChoose={() => onChoose(row)}
              clockOf={clockOf}
              who={hasIdentities && row.identity !== undefined ? row.identity.slice(0, identityShown) : ''}
              width={size.width}
            />
          ))}
        </svg>
        {rows.length === 0 && (
          // An option that cannot be chosen: to a screen reader a listbox without any would be a fault.
          // biome-ignore lint/a11y/useFocusableInteractive: the list has the focus
          <div class="quiet" role="option" aria-selected="false" aria-disabled="true">
            {emptyText}
          </div>
        )}
      </div>
    </div>
  );
}

interface GroundProps {
  readonly row: LadderRow;
  readonly place: number;
  readonly xs: readonly number[];
  /** Id of the first row: where ids are places, an arrow finds its beginning by it. */
  readonly offset: number;
  readonly isChosen: boolean;
  readonly width: number;
}

/** What lies under all texts: the row's colour, and its line, which may begin some rows above. */
function Ground({row, place, xs, offset, isChosen, width}: GroundProps) {
  const {x1, x2, y1, y2} = lineOf(row, place, xs, offset);
  return (
    <g class={`under ${row.tone}${isChosen ? ' chosen' : ''}`}>
      <rect class="ground" x="0" y={place * rowHeight} width={width} height={rowHeight} />
      {row.from !== row.to && (
        <>
          <line x1={x1} y1={y1} x2={x2} y2={y2} marker-end={row.isLost === true ? undefined : 'url(#tip)'} />
          {row.isLost === true && <path class="cross" d={`M${x2 - 5} ${y2 - 5}l10 10m0 -10l-10 10`} />}
        </>
      )}
    </g>
  );
}

function lineOf(row: LadderRow, place: number, xs: readonly number[], offset: number) {
  const [x1, end] = [xs[row.from] ?? 0, xs[row.to] ?? 0];
  const y2 = place * rowHeight + lineY;
  return {
    x1,
    x2: row.isLost === true ? (x1 + end) / 2 : end,
    y1: row.begunAt === undefined ? y2 : (row.begunAt - offset) * rowHeight + lineY,
    y2,
  };
}

interface RungProps extends GroundProps {
  readonly before: LadderRow | undefined;
  readonly onChoose: () => void;
  readonly who: string;
  readonly clockOf: LadderProps['clockOf'];
}

function Rung({row, place, before, xs, offset, isChosen, onChoose, width, who, clockOf}: RungProps) {
  const clock = clockOf?.(row.at) ?? '';
  // Once a second is enough to find the row in a log.
  const second = clock.slice(0, 8);
  const isNewSecond = before === undefined || clockOf?.(before.at).slice(0, 8) !== second;
  const gap = before === undefined ? undefined : row.at - before.at;
  const {x1, x2, y1, y2} = lineOf(row, place, xs, offset);
  return (
    <g
      class={`rung ${row.tone}${isChosen ? ' chosen' : ''}`}
      role="option"
      aria-selected={isChosen}
      data-row={row.text}
      onClick={onChoose}
    >
      <title>{titleOf(row, clock)}</title>
      <rect class="reach" x="0" y={place * rowHeight} width={width} height={rowHeight} />
      {isNewSecond && second !== '' && (
        <text class="time clock" x={timeWidth - 8} y={place * rowHeight + 10} text-anchor="end">
          {second}
        </text>
      )}
      <text
        class="time"
        x={timeWidth - 8}
        y={place * rowHeight + (isNewSecond && second !== '' ? 21 : lineY - 2)}
        text-anchor="end"
      >
        {gap === undefined ? '' : gapText(gap)}
      </text>
      {row.from === row.to ? (
        <Note row={row} who={who} x={xs[row.from] ?? 0} y={place * rowHeight + rowHeight / 2} width={width} />
      ) : (
        <text class="name" x={(x1 + x2) / 2} y={(y1 + y2) / 2 - lineY + textY} text-anchor="middle">
          {who !== '' && <tspan class="who">{who} </tspan>}
          {row.text}
          {row.tookMs !== undefined && <tspan class="took"> {durationText(row.tookMs)}</tspan>}
        </text>
      )}
    </g>
  );
}

interface NoteProps {
  readonly row: LadderRow;
  readonly who: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

function Note({row, who, x, y, width}: NoteProps) {
  // Its arrow says what it is.
  if (row.isDeparture === true) return <circle class="departure" cx={x} cy={y - rowHeight / 2 + lineY} r="3.5" />;
  const text = `${who} ${row.text}${row.rule === undefined ? '' : `  ${row.rule}`}`.trim();
  const half = (text.length * 6.1) / 2 + 6;
  const middle = Math.min(Math.max(x, timeWidth + half), Math.max(timeWidth + half, width - half - 2));
  return (
    <g class="note">
      <rect x={middle - half} y={y - 9} width={half * 2} height="18" rx="9" />
      <text x={middle} y={y + 4} text-anchor="middle">
        {who !== '' && <tspan class="who">{who} </tspan>}
        {row.text}
        {row.rule !== undefined && <tspan class="rule"> {row.rule}</tspan>}
      </text>
    </g>
  );
}

/** What is shown while the pointer rests on a row. */
function titleOf({text, rule, body}: LadderRow, clock: string): string {
  return [clock === '' ? [] : `${clock} `, text, rule ?? [], body ?? []].flat().join(' ');
}

/** Since the row before; what happened in the same turn has nothing. */
function gapText(ms: number): string {
  return ms < 0.05 ? '' : `+${durationText(ms)}`;
}

function durationText(ms: number): string {
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 10_000) return `${Math.round(ms)} ms`;
  return `${(ms / 1_000).toFixed(1)} s`;
}
