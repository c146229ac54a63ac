import { createStore } from 'zustand/vanilla'

/** Room that the player takes: a line to start it, a few lines that say why not, or a picture. */
export type PlayerRoom = 'strip' | 'words' | 'picture'

/** The one player of the window. */
export const playerStore = createStore<{
  /** The service that plays, whatever is selected; null: none. */
  readonly playing: { readonly sessionId: string; readonly serviceId: number } | null
  readonly room: PlayerRoom
}>(() => ({ playing: null, room: 'strip' }))
