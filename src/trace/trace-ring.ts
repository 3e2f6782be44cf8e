// The ring of a trace as the recorder fills it. Neighbouring messages to one client meet the same, one after the other: a
// channel's are sent together, and confirmed together. The same of several is one record, a run: of the story kept next, with
// the next id on the wire, and so on; how many follows from its events. To go on with a run writes nothing but counts.

import type {Story, Subject} from './observer.ts';
import {RecordRing} from './record-ring.ts';

/** Stories of a run at most: whoever wants a few events has to decode all of a record. */
const storiesMax = 256;
/** The number of no story, not even of one that has none yet. */
const noStory = -1;

export class TraceRing extends RecordRing {
  /** Records in the ring when the latest was the run's. */
  #runCount = -1;
  /** The story that may be added, of which client, after what, and what it must tell besides. */
  #nextStory = noStory;
  #subject = 0;
  #code = 0;
  #value = 0;
  /** Whether its stories are told with their answers, and the one that may be given its answer now. */
  #isAnswered = false;
  #answerable = noStory;

  /** Tells a story's SEND; what there is to tell of it, `value`, is kept with the story, and may differ from the others'. */
  addSend(code: number, mask: number, subject: Subject, story: Story, value: number, events: number): void {
    if (this.#isNext(code, mask, subject, story) && this.valueOf(story.storyPlace) === value) {
      this.#code = code;
      this.#nextStory++;
      this.eventCount += events;
      return;
    }
    this.#begin(code, mask, subject, story, value, events);
    this.keepValue(story.storyPlace, value);
  }

  /** Tells a packet that came; `value` is that of all of the run. */
  addReaction(code: number, mask: number, subject: Subject, story: Story, value: number, events: number): void {
    if (!this.#isNext(code, mask, subject, story) || this.#value !== value) {
      this.#begin(code, mask, subject, story, value, events);
      this.#answerable = story.storyPlace;
      return;
    }
    this.#code = code;
    this.eventCount += events;
    // Either all of a run have their answers, or none; before the next is added, this one must have its own.
    this.#answerable = this.#isAnswered ? story.storyPlace : noStory;
    this.#nextStory = this.#isAnswered ? noStory : story.storyPlace + 1;
  }

  /** Code of the reaction that {@link addAnswer} would answer. */
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

  #isNext(code: number, mask: number, subject: Subject, story: Story): boolean {
    const next = story.storyPlace;
    const isNext = next === this.#nextStory && subject.subjectPlace === this.#subject;
    if (!isNext || !this.#isLatest(mask)) return false;
    // The same but for the id on the wire, which is the next; at QoS 0 there is none.
    const latest = this.#code;
    const isLike = code === (latest >>> 16 === 0 ? latest : (latest + 0x1_00_00) | 0);
    return isLike && next % storiesMax !== 0;
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
    this.#isAnswered = false;
    this.#answerable = noStory;
  }
}
