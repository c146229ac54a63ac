import { createStore } from 'zustand/vanilla'

/**
 * The selection, shared by all views. `null` is all services or channels, and none of the others. A selected service or
 * channel filters the object table, the flows, the signalling and the timeline.
 */
export type Selection = {
  readonly serviceId: number | null
  /** `ChannelSnapshot.channel`. */
  readonly channel: number | null
  /** Row of the session's object columns, shown in the inspector. */
  readonly objectIndex: number | null
  /** `SignallingSnapshot.key`. */
  readonly signallingKey: string | null
  /** Last request to the player; `count` makes a repeated request distinct. */
  readonly play: { readonly serviceId: number | null; readonly count: number }
}

const NOTHING: Selection = {
  serviceId: null,
  channel: null,
  objectIndex: null,
  signallingKey: null,
  play: { serviceId: null, count: 0 },
}

export const selectionStore = createStore<Selection>(() => NOTHING)

/** Selects a service, and clears the channel, which belongs to a service. */
export function selectService(serviceId: number | null): void {
  selectionStore.setState({ serviceId, channel: null })
}

/** @param serviceId the channel's service, which is selected too */
export function selectChannel(channel: number | null, serviceId?: number | null): void {
  selectionStore.setState(serviceId === undefined ? { channel } : { channel, serviceId })
}

export function selectObject(objectIndex: number | null): void {
  selectionStore.setState({ objectIndex })
}

export function selectSignalling(signallingKey: string | null): void {
  selectionStore.setState({ signallingKey })
}

/** Requests a service of the player. */
export function playService(serviceId: number | null): void {
  selectionStore.setState((state) => ({ play: { serviceId, count: state.play.count + 1 } }))
}

/** Clears the object, else the channel, else the service (Esc). */
export function clearInnermost(): void {
  const { objectIndex, channel, serviceId } = selectionStore.getState()
  if (objectIndex !== null) selectObject(null)
  else if (channel !== null) selectChannel(null)
  else if (serviceId !== null) selectService(null)
}

/** Clears the selection for a new session. */
export function clearSelection(): void {
  selectionStore.setState((state) => ({ ...NOTHING, play: { serviceId: null, count: state.play.count + 1 } }))
}
