import type { Choices } from './choices.ts'
import type { SentServiceSnapshot } from './sending-snapshot.ts'

/** What is sent as one service: a manifest, a folder, a file or an http(s) URL, and what it has of its own. */
export type SendInput = {
  readonly input: string
  /** Options of a presentation that are properties of an input; they take the place of the broadcast's. */
  readonly own: Choices
}

/** A person's request to broadcast. The engine makes a SessionSpec of it. */
export type SendRequest = {
  /** Each is a service. */
  readonly inputs: readonly SendInput[]
  /** `route://IP:PORT`, `atsc://` or `mabr://IP:PORT`. */
  readonly destination: string
  /** Options of the parts that send. */
  readonly choices: Choices
  /** The session receives back what it sends. */
  readonly receiveBack: boolean
}

/** What would be sent, before the first packet. */
export type SendPlan = {
  readonly services: readonly SentServiceSnapshot[]
  /** What is not sent as it is, and what some receivers do not take. */
  readonly notes: readonly PlanNote[]
}

/** One thing to know before sending. */
export type PlanNote = {
  readonly level: 'error' | 'warning'
  readonly message: string
  readonly tryThis: string
}
