// Plays one scenario on a stage, step by step, and says where the server did something else. What a server sends again by
// itself, on its timer, is passed over where the scenario does not wait for it: only its clock knows when that is.

import {type Bindings, fillTemplate, matchTemplate, spellBytes} from './hex-template.ts';
import type {Stage} from './stage.ts';
import type {CallExpectation, Scenario, States, Step} from './vectors.ts';

/** Throws with the step and with what was expected and got, where the server is not as the scenario says. */
export async function playScenario(scenario: Scenario, stage: Stage): Promise<void> {
  const player = new Player(stage);
  for (const [place, step] of scenario.steps.entries()) {
    try {
      await player.play(step);
    } catch (error) {
      throw new Error(`step ${place + 1}, ${JSON.stringify(step)}: ${reasonOf(error)}`, {cause: error});
    }
  }
  try {
    await player.expectNothing();
    if (scenario.after !== undefined) player.compare(scenario.after);
  } catch (error) {
    throw new Error(`at the end: ${reasonOf(error)}`, {cause: error});
  }
}

class Player {
  readonly #stage: Stage;
  readonly #bindings: Bindings = new Map();
  /** RAINBOWMESSAGEIDs by their names in the scenario. */
  readonly #messages = new Map<string, string | undefined>();
  /** Messages of the server that it may send again: SENDs not acknowledged, RELs without their COM. Hex, DUP set. */
  readonly #repeatable = new Set<string>();
  /** Those that the client has answered since: a repeat may have crossed the answer, until all is quiet. */
  readonly #crossing = new Set<string>();
  #isOver = false;

  constructor(stage: Stage) {
    this.#stage = stage;
  }

  async play(step: Step): Promise<void> {
    if ('client' in step) this.#send(fillTemplate(step.client, this.#bindings));
    else if ('clientText' in step) this.#stage.sendText(step.clientText);
    else if ('server' in step) await this.#expectMessage(step.server, step.after);
    else if ('call' in step) await this.#expectCall(step.call);
    else if ('answer' in step) await this.#answer(step.answer.status, step.answer.body ?? '');
    else if ('publish' in step) await this.#stage.publish(step.publish, step.as);
    else if ('result' in step) await this.#expectResult(step);
    else if ('quiet' in step) await this.expectNothing();
    else if ('states' in step) this.compare(step.states);
    else if ('leave' in step) this.#leave(step.leave);
    else if ('closed' in step) await this.#expectClosed(step.closed);
    else await this.#stage.closeCall();
  }

  /** Throws if something arrived that no step expects. */
  async expectNothing(): Promise<void> {
    // Nothing can be asked of a connection that has gone; what was to come has come with its close frame.
    if (this.#isOver) return;
    const leftovers = await this.#stage.leftovers();
    const unexpected = leftovers.filter((text) => !this.#mayRepeat(text));
    this.#crossing.clear();
    if (unexpected.length > 0) throw new Error(`expected nothing more, got ${unexpected.join(', ')}`);
  }

  compare(states: States): void {
    const named: Record<string, string> = {};
    for (const [flow, state] of Object.entries(states)) {
      const [chart = '', id = ''] = flow.split(' ');
      named[`${chart} ${Buffer.from(fillTemplate(id, this.#bindings)).toString('hex')}`] = state;
    }
    const differences = this.#stage.compareStates(named) ?? [];
    if (differences.length > 0) throw new Error(differences.join('; '));
  }

  #send(bytes: Uint8Array): void {
    const command = (bytes[0] ?? 0) >> 4;
    const id = Buffer.from(bytes.subarray(1, 3)).toString('hex');
    for (const hex of this.#repeatable) {
      const isSend = hex.startsWith('1');
      const answered = hex.slice(isSend ? 6 : 2, isSend ? 10 : 6);
      const isAnswer = isSend ? command === 2 || command === 3 : command === 5;
      if (!isAnswer || answered !== id) continue;
      this.#repeatable.delete(hex);
      this.#crossing.add(hex);
    }
    this.#stage.send(bytes);
  }

  #mayRepeat(hex: string): boolean {
    return this.#stage.isTimed && (this.#repeatable.has(hex) || this.#crossing.has(hex));
  }

  async #expectMessage(template: string, after: 'retry' | undefined): Promise<void> {
    let bytes = await this.#stage.message(after);
    while (!matchTemplate(template, bytes, this.#bindings)) {
      if (!this.#mayRepeat(hexOf(bytes))) {
        throw new Error(`expected ${template} from the server, got ${spellBytes(bytes)}`);
      }
      bytes = await this.#stage.message(after);
    }
    this.#note(bytes);
  }

  #note(bytes: Uint8Array): void {
    const first = bytes[0] ?? 0;
    const isAcknowledged = first >> 4 === 1 && (first & 6) !== 0;
    if (isAcknowledged) this.#repeatable.add(hexOf(Uint8Array.of(first | 8, ...bytes.subarray(1))));
    if (first >> 4 === 4) this.#repeatable.add(hexOf(bytes));
  }

  async #expectCall({type, payload, message}: CallExpectation): Promise<void> {
    const call = await this.#stage.call();
    const body = hexOf(fillTemplate(payload, new Map()));
    if (call.type !== type) throw new Error(`expected a call of type ${type}, got ${call.type}`);
    if (hexOf(call.payload) !== body) throw new Error(`expected the body ${body}, got ${hexOf(call.payload)}`);
    if (message === undefined) return;
    if (!this.#messages.has(message)) {
      if ([...this.#messages.values()].includes(call.message)) {
        throw new Error(`expected a RAINBOWMESSAGEID not seen before, got ${call.message}`);
      }
      this.#messages.set(message, call.message);
    }
    const known = this.#messages.get(message);
    if (known !== call.message) throw new Error(`expected RAINBOWMESSAGEID ${known} again, got ${call.message}`);
  }

  async #expectResult(step: Extract<Step, {readonly result: string}>): Promise<void> {
    const result = await this.#stage.result(step.result);
    const {connections, data = '', timeout = false} = step;
    const expected = `${connections} connections, data "${data}"${timeout ? ', timed out' : ''}`;
    const got = `${result.connections} connections, data "${result.data}"${result.isTimedOut ? ', timed out' : ''}`;
    if (expected !== got) throw new Error(`expected ${expected}, got ${got}`);
  }

  async #answer(status: number, body: string): Promise<void> {
    await this.#stage.answer(status, fillTemplate(body, new Map()));
  }

  #leave(code: number): void {
    this.#isOver = true;
    this.#stage.leave(code);
  }

  async #expectClosed(code: number): Promise<void> {
    this.#isOver = true;
    const got = await this.#stage.closed();
    if (got !== code) throw new Error(`expected the close code ${code}, got ${got}`);
  }
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
