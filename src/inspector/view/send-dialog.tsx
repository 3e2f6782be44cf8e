// Sends a message from the page, to a channel or to the client that is selected. The key for it stays in this page alone,
// and is gone with it.

import {useState} from 'preact/hooks';
import {messageTypeMax} from '../../protocol/api.ts';
import type {Store} from '../model/store.ts';
import {sendTest, type TestMessage, type TestOutcome} from '../test-message.ts';
import {Dialog} from './dialog.tsx';
import {type Signal, signal} from './signal.ts';

const isShown: Signal<boolean> = signal(false);

/** What was sent last, or typed in for it. */
let last: Omit<TestMessage, 'to' | 'name'> = {key: '', type: '1', qos: '1', payload: '{"text":"hello"}'};

/** Opens the dialog; absent where no gateway is watched that could send. */
export function SendButton({store}: {readonly store: Store}) {
  if (store.source.kind !== 'live') return null;
  return (
    <button type="button" title="Send a message to a channel or a client" onClick={() => isShown.set(true)}>
      Send …
    </button>
  );
}

export function SendDialog({store}: {readonly store: Store}) {
  if (!isShown.use()) return null;
  return (
    <Dialog title="Send a message" onClose={() => isShown.set(false)}>
      <SendForm store={store} />
    </Dialog>
  );
}

function SendForm({store}: {readonly store: Store}) {
  const {selection, world} = store;
  const identity = world.connections.get(selection.connection ?? '')?.identity ?? '';
  const [test, setTest] = useState<TestMessage>({
    ...last,
    to: identity === '' ? 'channel' : 'identity',
    name: identity,
  });
  const [outcome, setOutcome] = useState<TestOutcome>();
  const [isSending, setSending] = useState(false);
  const change = (fields: Partial<TestMessage>): void => setTest({...test, ...fields});
  const send = async (): Promise<void> => {
    const {key, type, qos, payload} = test;
    last = {key, type, qos, payload};
    setSending(true);
    setOutcome(await sendTest(test));
    setSending(false);
  };
  const message = outcome?.message;
  return (
    <form
      class="sendForm"
      onSubmit={(event) => {
        event.preventDefault();
        // Its outcome is shown, a failure as well.
        void send();
      }}
    >
      <label>
        To
        <select
          value={test.to}
          onChange={({currentTarget}) => change({to: currentTarget.value === 'identity' ? 'identity' : 'channel'})}
        >
          <option value="channel">channel</option>
          <option value="identity">client</option>
        </select>
      </label>
      <label class="wide">
        {test.to === 'channel' ? 'Name of the channel' : 'Identity of the client'}
        <input required value={test.name} onInput={({currentTarget}) => change({name: currentTarget.value})} />
      </label>
      <label>
        Type
        <input
          type="number"
          required
          min="0"
          max={messageTypeMax}
          value={test.type}
          onInput={({currentTarget}) => change({type: currentTarget.value})}
        />
      </label>
      <label>
        QoS
        <select value={test.qos} onChange={({currentTarget}) => change({qos: currentTarget.value})}>
          {['0', '1', '2'].map((qos) => (
            <option key={qos}>{qos}</option>
          ))}
        </select>
      </label>
      <label class="wide">
        Payload
        <input value={test.payload} onInput={({currentTarget}) => change({payload: currentTarget.value})} />
      </label>
      <label class="wide">
        API key, one of api_keys
        <input
          type="password"
          autocomplete="off"
          required
          value={test.key}
          onInput={({currentTarget}) => change({key: currentTarget.value})}
        />
      </label>
      <button type="submit" class="primary" disabled={isSending}>
        Send
      </button>
      <p role="status" class={outcome?.isFault === true ? 'fault' : ''}>
        {isSending ? 'Sending …' : outcome?.text}
      </p>
      {message !== undefined && (
        <button
          type="button"
          onClick={() => {
            isShown.set(false);
            store.select({message});
            store.lookAt(undefined);
          }}
        >
          Show it
        </button>
      )}
    </form>
  );
}
