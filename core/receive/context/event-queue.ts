/** Deals with events of its own kinds. */
export interface EventTaker<Event> {
  follow(event: Event): void
}

type Queued = { readonly taker: EventTaker<unknown>; readonly event: unknown }

/**
 * What follows from a packet, from time that passed, or from another event, in the order it came up. Whoever finds something out
 * pushes it and returns; the receiver takes one event after another, so that nothing is called while it is in the middle of its
 * own work.
 */
export class EventQueue {
  /** True where something waits. */
  waits = false
  #events: Queued[] = []
  #next = 0

  push<Event>(taker: EventTaker<Event>, event: Event): void {
    this.waits = true
    this.#events.push({ taker: taker as EventTaker<unknown>, event })
  }

  /** Takes the oldest event. It is gone even where dealing with it throws. */
  follow(): void {
    const queued = this.#events[this.#next++]
    if (this.#next >= this.#events.length) {
      this.#events = []
      this.#next = 0
      this.waits = false
    }
    queued?.taker.follow(queued.event)
  }
}
