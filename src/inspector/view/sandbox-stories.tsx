// The guided stories: chosen from a list, shown step by step, forwards and back.

import {type Story, stories} from '../sandbox/stories.ts';

export interface StoryPanelProps {
  readonly current: {readonly story: Story; readonly step: number} | undefined;
  readonly onTell: (story: Story, step: number) => void;
  readonly onLeave: () => void;
}

export function StoryPanel({current, onTell, onLeave}: StoryPanelProps) {
  return (
    <section class="panel stories" aria-label="Stories">
      <header>
        <h2>Stories</h2>
        <select
          aria-label="Story"
          value={current?.story.id ?? ''}
          onChange={(event) => {
            const story = stories.find(({id}) => id === event.currentTarget.value);
            if (story === undefined) onLeave();
            else onTell(story, 0);
          }}
        >
          <option value="">None: play by hand</option>
          {stories.map(({id, title}) => (
            <option key={id} value={id}>
              {title}
            </option>
          ))}
        </select>
      </header>
      {current !== undefined && <StorySteps current={current} onTell={onTell} />}
    </section>
  );
}

function StorySteps({
  current: {story, step},
  onTell,
}: {
  readonly current: NonNullable<StoryPanelProps['current']>;
  readonly onTell: StoryPanelProps['onTell'];
}) {
  const {text, steps} = story;
  return (
    <>
      <p>{text}</p>
      <ol>
        {steps.slice(0, Math.min(step + 1, steps.length)).map(({say}, place) => (
          <li key={say} class={place < step ? 'past' : 'next'}>
            {say}
          </li>
        ))}
      </ol>
      <p>
        <button type="button" disabled={step === 0} onClick={() => onTell(story, step - 1)}>
          Back
        </button>{' '}
        <button
          type="button"
          class="primary"
          id="nextStep"
          disabled={step === steps.length}
          onClick={() => onTell(story, step + 1)}
        >
          {step === steps.length ? 'That was it' : `Do it (${step + 1} of ${steps.length})`}
        </button>
      </p>
    </>
  );
}
