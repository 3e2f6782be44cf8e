// Items in the order in which they were added, each of which can be taken out at once: what a Set does, for what comes and
// goes with every message. A Set or a Map keeps there what it should not: V8 has the table that one grows out of, or clears
// of deleted entries, point to its successor. Once one such table has been moved to the old generation, where only a major
// collection finds that it is garbage, all tables after it live as long, and all that stood in them. Measured, 3 million
// small objects, 60 of them at a time: a Map has scavenges copy 92 % of what was allocated, this 1 %.

/** Where an item stands. */
export class ListNode<Item> {
  readonly item: Item;
  /** The list's. */
  list: LinkedList<Item> | undefined;
  before: ListNode<Item> | undefined;
  after: ListNode<Item> | undefined;

  constructor(item: Item, list: LinkedList<Item>, before: ListNode<Item> | undefined) {
    this.item = item;
    this.list = list;
    this.before = before;
  }
}

/** A doubly linked list; an item is removed by its node. */
export class LinkedList<Item> {
  #first: ListNode<Item> | undefined;
  #last: ListNode<Item> | undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  /** Where the item stands that was added first. */
  get first(): ListNode<Item> | undefined {
    return this.#first;
  }

  /** Adds `item` behind all others; the result takes it out again. */
  add(item: Item): ListNode<Item> {
    const node = new ListNode(item, this, this.#last);
    if (this.#last === undefined) this.#first = node;
    else this.#last.after = node;
    this.#last = node;
    this.#size++;
    return node;
  }

  /** Takes out what stands at `node`. Does nothing where it has been taken out, or stands in another list. */
  delete(node: ListNode<Item>): void {
    if (node.list !== this) return;
    const {before, after} = node;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    // A node that is kept, or is garbage in the old generation, keeps no other node alive.
    node.list = undefined;
    node.before = undefined;
    node.after = undefined;
    this.#size--;
  }
}
