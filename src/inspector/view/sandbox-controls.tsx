// What a person can do in the sandbox, apart from what is done to a packet.

import {messagesMax, type Sandbox} from '../sandbox/sandbox.ts';
import {calm, type Weather} from '../sandbox/wire.ts';

export interface ControlsProps {
  readonly sandbox: Sandbox;
  readonly isRunning: boolean;
  readonly onRun: () => void;
  readonly onAct: (change: (sandbox: Sandbox) => void) => void;
  readonly onReset: () => void;
  readonly onWeather: (weather: Weather) => void;
}

const dice = [
  ['lossPercent', 'lose'],
  ['copyPercent', 'copy'],
  ['delayPercent', 'delay'],
] as const satisfies readonly (readonly [keyof Weather, string])[];

export function SandboxControls({sandbox, isRunning, onRun, onAct, onReset, onWeather}: ControlsProps) {
  const last = sandbox.sender.messages.length - 1;
  const isFull = last + 1 >= messagesMax;
  const {weather} = sandbox.wire;
  return (
    <section class="panel controls" aria-label="What can be done">
      <fieldset>
        <legend>Send</legend>
        {([0, 1, 2] as const).map((qos) => (
          <button type="button" key={qos} disabled={isFull} onClick={() => onAct((one) => one.send(qos))}>
            QoS {qos}
          </button>
        ))}
      </fieldset>
      <fieldset>
        <legend>Time</legend>
        <button type="button" class={`run${isRunning ? ' running' : ''}`} onClick={onRun}>
          {isRunning ? 'Pause' : 'Run'}
        </button>
        <output class={isRunning ? '' : 'stands'}>
          {isRunning ? 'runs' : 'stands'} at {(sandbox.now / 1_000).toFixed(1)} s
        </output>
        <button type="button" onClick={() => onAct((one) => one.step())}>
          Step
        </button>
        <button
          type="button"
          disabled={!sandbox.sender.handles(last, 'clock.retryDue')}
          onClick={() => onAct((one) => one.sender.retry(last))}
        >
          Retry now
        </button>
        <button
          type="button"
          disabled={!sandbox.sender.handles(last, 'publication.timedOut')}
          onClick={() => onAct((one) => one.sender.timeOut(last))}
        >
          Time out
        </button>
      </fieldset>
      <fieldset>
        <legend>Application</legend>
        <button
          type="button"
          disabled={sandbox.receiver.calling === undefined}
          onClick={() => onAct((one) => one.answer(true))}
        >
          Accept
        </button>
        <button
          type="button"
          disabled={sandbox.receiver.calling === undefined}
          onClick={() => onAct((one) => one.answer(false))}
        >
          Fail
        </button>
      </fieldset>
      <fieldset>
        <legend>Trouble</legend>
        <button type="button" onClick={() => onAct((one) => one.cut())}>
          Cut the connection
        </button>
        <button type="button" onClick={() => onAct((one) => one.crash('sender'))}>
          Crash sender
        </button>
        <button type="button" onClick={() => onAct((one) => one.crash('receiver'))}>
          Crash receiver
        </button>
      </fieldset>
      <fieldset>
        <legend>At random</legend>
        {dice.map(([name, verb]) => (
          <label key={name}>
            {verb}
            <input
              type="range"
              min="0"
              max="60"
              step="5"
              value={weather[name]}
              onInput={(event) => onWeather({...calm, ...weather, [name]: Number(event.currentTarget.value)})}
            />
            {weather[name]} %
          </label>
        ))}
      </fieldset>
      <button type="button" onClick={onReset}>
        Start over
      </button>
    </section>
  );
}
