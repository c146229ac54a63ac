import { useEffect, useState } from 'react'
import type { BoxField, BytesView, ObjectBoxes } from '../../../core/contract/object-boxes.ts'
import type { ObjectDetail } from '../../../core/contract/object-rows.ts'
import { engine } from '../../client/engine-client.ts'
import { shownReceiver } from '../../stores/session-store.ts'

const NO_BOXES: ObjectBoxes = { rows: [], more: false }
const NO_FIELDS: ReadonlyMap<number, readonly BoxField[]> = new Map()

/** What identifies the bytes of a view: others have other boxes. */
const contentKey = (sessionId: string, { row }: ObjectDetail, view: BytesView): string =>
  `${sessionId} ${row.index} ${view} ${row.received + row.recovered} ${row.state}`

/** The boxes of an object in one view, fetched again as it grows; the ones before stay until then. */
export function useBoxes(
  sessionId: string,
  detail: ObjectDetail | null,
  view: BytesView,
  wanted: boolean,
): ObjectBoxes {
  const [answer, setAnswer] = useState<{
    readonly key: string
    readonly object: string
    readonly boxes: ObjectBoxes
  } | null>(null)
  const index = detail?.row.index ?? -1
  const key = detail === null || !detail.isBoxes || !wanted ? null : contentKey(sessionId, detail, view)
  const object = `${sessionId} ${index} ${view}`
  useEffect(() => {
    if (key === null) return
    let current = true
    engine()
      .call('objectBoxes', sessionId, index, view, shownReceiver())
      .then((boxes) => {
        if (current) setAnswer({ key, object, boxes })
      })
      .catch(() => {
        if (current) setAnswer({ key, object, boxes: NO_BOXES })
      })
    return () => {
      current = false
    }
  }, [key, object, sessionId, index, view])
  return key !== null && answer?.object === object ? answer.boxes : NO_BOXES
}

type Unfolded = {
  readonly fields: ReadonlyMap<number, readonly BoxField[]>
  /** Shows or hides the fields of the box at an offset. */
  readonly toggle: (offset: number) => void
}

/** The fields of unfolded boxes, by the offset of the box. */
export function useBoxFields(sessionId: string, detail: ObjectDetail, view: BytesView): Unfolded {
  const [state, setState] = useState<{ readonly key: string; readonly fields: typeof NO_FIELDS }>({
    key: '',
    fields: NO_FIELDS,
  })
  const key = contentKey(sessionId, detail, view)
  const fields = state.key === key ? state.fields : NO_FIELDS
  const put = (change: (fields: Map<number, readonly BoxField[]>) => void) =>
    setState((before) => {
      const next = new Map(before.key === key ? before.fields : NO_FIELDS)
      change(next)
      return { key, fields: next }
    })
  const toggle = (offset: number) => {
    if (fields.has(offset)) {
      put((next) => next.delete(offset))
      return
    }
    engine()
      .call('boxFields', sessionId, detail.row.index, view, offset, shownReceiver())
      .then((found) => put((next) => next.set(offset, found)))
      .catch(() => put((next) => next.set(offset, [])))
  }
  return { fields, toggle }
}
