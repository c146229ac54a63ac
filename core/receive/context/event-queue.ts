/** Handles events of its own kinds. */
export interface EventTaker<Event> {
  follow(event: Event): void
}

type Queued = { readonly taker: EventTaker<unknown>; readonly event: unknown }

/**
 * Consequences of a packet, of passing time or of another event, in order. A part pushes an event and returns; the
 * receiver handles one event after another, so that no part is called in the middle of its own work.
 */
export class EventQueue {
  /** True while an event is queued. */
  waits = false
  #events: Queued[] = []
  #next = 0

  push<Event>(taker: EventTaker<Event>, event: Event): void {
    this.waits = true
    this.#events.push({ taker: taker as EventTaker<unknown>, event })
  }

  /** Handles the oldest event. It leaves the queue even where its taker throws. */
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
