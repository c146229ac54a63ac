import { cutInMiddle } from '../model/cut-in-middle.ts'
import { sourceName } from '../model/names.ts'
import { sessionStore } from '../stores/session-store.ts'

const PRODUCT = 'Routescope'

/** Most characters of a name: systems cut a title at its end, where names differ. */
const LONGEST_NAME = 60

/** Title of the window: what is open, so that several windows can be told apart. */
function windowTitle(): string {
  const { sessionId, request, snapshot } = sessionStore.getState()
  if (sessionId === null) return PRODUCT
  const name = sourceName(snapshot, request?.label ?? '')
  return name === '' ? PRODUCT : `${cutInMiddle(name, LONGEST_NAME)} – ${PRODUCT}`
}

/** Keeps the title of the window. @returns the function that ends it */
export function showWindowTitle(): () => void {
  const set = () => {
    const title = windowTitle()
    if (document.title !== title) document.title = title
  }
  set()
  return sessionStore.subscribe(set)
}
