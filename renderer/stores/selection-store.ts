import { createStore } from 'zustand/vanilla'

/**
 * What is selected, the same in every view. `null` means "all" for service and channel, "none" for the rest.
 * Selecting a service or channel narrows the object table, the flows, the signalling and the timeline.
 */
export type Selection = {
  readonly serviceId: number | null
  /** `ChannelSnapshot.channel`. */
  readonly channel: number | null
  /** Row of the session's object columns, shown in the inspector. */
  readonly objectIndex: number | null
  /** `SignallingSnapshot.key`. */
  readonly signallingKey: string | null
  /** What the player was last asked to play; `count` grows with every request, so that the same one can be asked again. */
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

/** A channel belongs to a service, so choosing another service lets go of it. */
export function selectService(serviceId: number | null): void {
  selectionStore.setState({ serviceId, channel: null })
}

/** @param serviceId the channel's service, where it has one: it is selected along */
export function selectChannel(channel: number | null, serviceId?: number | null): void {
  selectionStore.setState(serviceId === undefined ? { channel } : { channel, serviceId })
}

export function selectObject(objectIndex: number | null): void {
  selectionStore.setState({ objectIndex })
}

export function selectSignalling(signallingKey: string | null): void {
  selectionStore.setState({ signallingKey })
}

/** Asks the player for a service. */
export function playService(serviceId: number | null): void {
  selectionStore.setState((state) => ({ play: { serviceId, count: state.play.count + 1 } }))
}

/** Esc: object, then channel, then service. */
export function clearInnermost(): void {
  const { objectIndex, channel, serviceId } = selectionStore.getState()
  if (objectIndex !== null) selectObject(null)
  else if (channel !== null) selectChannel(null)
  else if (serviceId !== null) selectService(null)
}

/** A new session has other services and rows. */
export function clearSelection(): void {
  selectionStore.setState((state) => ({ ...NOTHING, play: { serviceId: null, count: state.play.count + 1 } }))
}
