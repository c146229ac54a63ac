import { shell } from '../../app/shell.ts'
import { appErrorOf } from '../../client/call-error.ts'
import { engine } from '../../client/engine-client.ts'
import { noticeDone, noticeFailed } from '../../stores/notice-store.ts'

/** A picture that is shown. */
export type ShownPicture = {
  readonly video: HTMLVideoElement
  readonly service: string
  readonly timeCode: string
  /** Name of the object that it came from; null: not known. */
  readonly object: string | null
}

/** Writes the picture that is shown as a PNG into the folder of dumps, and tells where, and of which object it is. */
export async function savePicture(
  sessionId: string,
  { video, service, timeCode, object }: ShownPicture,
): Promise<void> {
  try {
    const canvas = document.createElement('canvas')
    canvas.width = video.videoWidth
    canvas.height = video.videoHeight
    canvas.getContext('2d')?.drawImage(video, 0, 0)
    const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'))
    if (blob === null) return
    const name = [service, timeCode.replaceAll(':', '-'), object?.replace(/^.*\//, '') ?? ''].join(' ')
    const png = new Uint8Array(await blob.arrayBuffer())
    const { file } = await engine().call('savePicture', sessionId, name, png)
    const desktop = shell()
    const action =
      desktop === undefined ? null : { label: 'Show in folder', run: () => void desktop.showInFolder(file) }
    noticeDone(`Saved the picture${object === null ? '' : ` of ${object}`} to ${file}`, action)
  } catch (thrown) {
    noticeFailed(appErrorOf(thrown))
  }
}
