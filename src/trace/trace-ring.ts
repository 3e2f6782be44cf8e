// The ring of a trace as the recorder fills it. Neighbouring messages to one client meet the same, one after the other: a
// channel's are sent together, and confirmed together. The same of several is one record, a run: of the story kept next, with
// the next id on the wire, and so on; how many follows from its events. To go on with a run writes nothing but counts.

import type {Story, Subject} from './observer.ts';
import {RecordRing} from './record-ring.ts';

/** Stories of a run at most: whoever wants a few events has to decode all of a record. */
const storiesMax = 256;
/** The number of no story, not even of one that has none yet. */
const noStory = -1;

/** See {@link TraceRing.addReaction}. */
export const noKey = -1;

/** The same of the next id on the wire. */
function nextCode(code: number): number {
  return (code + 0x1_00_00) | 0;
}

export class TraceRing extends RecordRing {
  /** Records in the ring when the latest was the run's. */
  #runCount = -1;
  /** The story that may be added, of which client, after what, and what it must tell besides. */
  #nextStory = noStory;
  #subject = 0;
  #code = 0;
  #value = 0;
  #key = noKey;
  /** Whether its stories are told with their answers, and the one that may be given its answer now. */
  #isAnswered = false;
  #answerable = noStory;

  /** Tells a story's SEND; what there is to tell of it, `value`, is kept with the story, and may differ from the others'. */
  addSend(code: number, mask: number, subject: Subject, story: Story, value: number, events: number): void {
    const place = story.storyPlace;
    const isNext = place === this.#nextStory && subject.subjectPlace === this.#subject && this.#isLatest(mask);
    // At QoS 0 there is no id.
    const isLike = isNext && code === (code >>> 16 === 0 ? this.#code : nextCode(this.#code));
    if (isLike && this.valueOf(place) === value && place % storiesMax !== 0) {
      this.#code = code;
      this.#nextStory++;
      this.eventCount += events;
      return;
    }
    this.#begin(code, mask, subject, story, value, events);
    this.keepValue(story.storyPlace, value);
  }

  /**
   * Tells a packet that came, and the step that is taken on it. `key` says what reactions have in common that may be told
   * together, for the same watchers in the same turn; {@link noKey}: none.
   */
  addReaction(
    key: number,
    code: number,
    mask: number,
    subject: Subject,
    story: Story,
    value: number,
    events: number,
  ): void {
    this.#begin(code, mask, subject, story, value, events);
    this.#key = key;
    this.#answerable = story.storyPlace;
  }

  /** Tells one more reaction by the latest record; `false` where it is not the next of a run. Its step is told by its code. */
  addNextReaction(key: number, subject: Subject, story: Story, id: number, value: number): boolean {
    const place = story.storyPlace;
    const isNext = place === this.#nextStory && key === this.#key && subject.subjectPlace === this.#subject;
    if (!isNext || this.#runCount !== this.count || this.latestMask === 0) return false;
    const code = nextCode(this.#code);
    if (code >>> 16 !== id || this.#value !== value || place % storiesMax === 0) return false;
    this.#code = code;
    this.eventCount += 2;
    // Either all of a run have their answers, or none; before the next is added, this one must have its own.
    this.#answerable = this.#isAnswered ? place : noStory;
    this.#nextStory = this.#isAnswered ? noStory : place + 1;
    return true;
  }

  /** Code of the reaction that was added last. */
  get latestReaction(): number {
    return this.#code;
  }

  /**
   * Tells the answer to the reaction that was added last, by the bits that are added to the code of its record. `false`
   * where that is not about these, or something else has been told since.
   */
  addAnswer(bits: number, mask: number, subject: Subject, story: Story): boolean {
    const place = story.storyPlace;
    const isAbout = place === this.#answerable && subject.subjectPlace === this.#subject;
    if (!isAbout || !this.#isLatest(mask)) return false;
    if (this.#isAnswered) this.eventCount++;
    else this.extend(1, bits);
    this.#isAnswered = true;
    this.#answerable = noStory;
    this.#nextStory = place + 1;
    return true;
  }

  /** Whether the run's record is the latest, of this turn, and for the same watchers. */
  #isLatest(mask: number): boolean {
    return this.#runCount === this.count && mask === this.latestMask;
  }

  #begin(code: number, mask: number, subject: Subject, story: Story, value: number, events: number): void {
    this.add(code, mask, subject, story, value, events);
    this.#runCount = this.count;
    this.#nextStory = story.storyPlace + 1;
    this.#subject = subject.subjectPlace;
    this.#code = code;
    this.#value = value;
    this.#key = noKey;
    this.#isAnswered = false;
    this.#answerable = noStory;
  }
}
