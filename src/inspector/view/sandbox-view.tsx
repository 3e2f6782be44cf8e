// The sandbox: two parties and a link, without a server. Everything that can happen to a packet can be done by hand.

import {useRef, useState} from 'preact/hooks';
import {ChartDrawing} from '../charts/chart-drawing.tsx';
import {useFrames} from '../frames.ts';
import {chartNamed} from '../model/chart-graph.ts';
import type {LadderRow} from '../model/ladder.ts';
import type {Side} from '../sandbox/journal.ts';
import {makeMove} from '../sandbox/moves.ts';
import {Sandbox, type SandboxOptions} from '../sandbox/sandbox.ts';
import {sandboxLanes, toRows} from '../sandbox/sandbox-ladder.ts';
import type {Story} from '../sandbox/stories.ts';
import type {Weather} from '../sandbox/wire.ts';
import {LadderDrawing} from './ladder-drawing.tsx';
import {RowDetail} from './ladder-panel.tsx';
import {shownRule} from './rule.tsx';
import {SandboxControls} from './sandbox-controls.tsx';
import {StoryPanel} from './sandbox-stories.tsx';
import {Verdicts} from './sandbox-verdicts.tsx';
import {SandboxWire} from './sandbox-wire.tsx';

/** Time in the sandbox runs at half of ours, so that one can follow. */
const pace = 0.5;

export function SandboxView() {
  const sandbox = useRef(new Sandbox());
  const [, setCount] = useState(0);
  const [isRunning, setRunning] = useState(false);
  const [story, setStory] = useState<{readonly story: Story; readonly step: number}>();
  const [chosen, setChosen] = useState<LadderRow>();
  const again = (): void => setCount((count) => count + 1);
  useFrames(isRunning, (ms) => {
    sandbox.current.advance(ms * pace);
    again();
  });
  const begin = (options: SandboxOptions): void => {
    sandbox.current = new Sandbox(options);
    setChosen(undefined);
    setRunning(false);
    again();
  };
  /** Whatever a person does is done to the sandbox, and then shown. */
  const act = (change: (sandbox: Sandbox) => void): void => {
    change(sandbox.current);
    again();
  };
  const tell = (next: Story, step: number): void => {
    // Played again up to the step: so a story can go back as well.
    begin(next.options ?? {});
    for (const {moves} of next.steps.slice(0, step)) for (const move of moves) makeMove(sandbox.current, move);
    setStory({story: next, step});
  };
  const rows = toRows(sandbox.current.entries);
  return (
    <div class="sandboxView">
      <StoryPanel
        current={story}
        onTell={tell}
        onLeave={() => {
          setStory(undefined);
          begin({});
        }}
      />
      <SandboxControls
        sandbox={sandbox.current}
        isRunning={isRunning}
        onRun={() => setRunning(!isRunning)}
        onAct={act}
        onReset={() => begin(story?.story.options ?? {seed: (sandbox.current.options.seed ?? 1) + 1})}
        onWeather={(weather: Weather) =>
          act(({wire}) => {
            wire.weather = weather;
          })
        }
      />
      <SandboxWire sandbox={sandbox.current} isRunning={isRunning} onAct={act} />
      <Verdicts
        sandbox={sandbox.current}
        expected={story !== undefined && story.step === story.story.steps.length ? story.story.expected : undefined}
      />
      <div class="two">
        <PartyChart title="Sender" side="sender" sandbox={sandbox.current} />
        <PartyChart title="Receiver" side="receiver" sandbox={sandbox.current} />
      </div>
      <section class="panel ladders" aria-label="Ladder">
        <h2>Ladder</h2>
        <LadderDrawing
          lanes={sandboxLanes}
          rows={rows}
          chosen={chosen?.id}
          onChoose={setChosen}
          label="Packets and steps"
        />
        {chosen !== undefined && <RowDetail row={chosen} />}
      </section>
    </div>
  );
}

/** The chart of the message that moved last, at both parties alike; before one did, that of the latest message's QoS, or of QoS 2. */
function PartyChart({title, side, sandbox}: {readonly title: string; readonly side: Side; readonly sandbox: Sandbox}) {
  const steps = sandbox.entries.map((entry) => (entry.kind === 'transition' ? entry : undefined));
  const latest = steps.findLast((step) => step !== undefined);
  const isQos1 = latest?.chart.endsWith('1') ?? sandbox.sender.messages.at(-1)?.qos === 1;
  const graph = chartNamed(`${side === 'sender' ? 'outbound' : 'inbound'}Qos${isQos1 ? 1 : 2}`);
  const place = steps.findLastIndex((step) => step?.side === side && step.message === latest?.message);
  const entry = steps[place];
  if (graph === undefined) return null;
  const light =
    entry === undefined
      ? {active: ''}
      : {active: entry.to, taken: {from: entry.from, event: entry.event, nonce: place}};
  return (
    <section class="panel charts" aria-label={`Chart of the ${side}`}>
      <h2>
        {title}{' '}
        <small>
          <code>{graph.chart}</code>
        </small>
      </h2>
      <div class="drawing">
        <ChartDrawing graph={graph} light={{...light, onRule: shownRule.set}} />
      </div>
    </section>
  );
}
