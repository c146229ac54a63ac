import { FileDown } from 'lucide-react'
import { useEffect, useState } from 'react'
import styles from './DropTarget.module.css'
import { openFiles } from './session-actions.ts'

const hasFiles = (event: DragEvent) => event.dataTransfer?.types.includes('Files') === true

/** Text and links may be dropped into fields, as they may be pasted. */
function isTextIntoField(event: DragEvent): boolean {
  const { target } = event
  return !hasFiles(event) && target instanceof Element && target.closest('input, textarea') !== null
}

/** Opens captures dropped anywhere on the window. Also has the hidden file field that a browser needs. */
export function DropTarget() {
  const [over, setOver] = useState(false)
  useEffect(() => {
    // `dragenter` of the next element fires before `dragleave` of the last one, so depth is counted.
    let depth = 0
    const enter = (event: DragEvent) => {
      if (!hasFiles(event)) return
      event.preventDefault()
      depth += 1
      setOver(true)
    }
    const hover = (event: DragEvent) => {
      if (event.dataTransfer === null || isTextIntoField(event)) return
      event.preventDefault()
      event.dataTransfer.dropEffect = hasFiles(event) ? 'copy' : 'none'
    }
    const leave = (event: DragEvent) => {
      if (!hasFiles(event)) return
      depth = Math.max(0, depth - 1)
      if (depth === 0) setOver(false)
    }
    const drop = (event: DragEvent) => {
      if (isTextIntoField(event)) return
      // A browser would go to a link, or show a file, that is dropped.
      event.preventDefault()
      if (!hasFiles(event)) return
      depth = 0
      setOver(false)
      void openFiles([...(event.dataTransfer?.files ?? [])])
    }
    window.addEventListener('dragenter', enter)
    window.addEventListener('dragover', hover)
    window.addEventListener('dragleave', leave)
    window.addEventListener('drop', drop)
    return () => {
      window.removeEventListener('dragenter', enter)
      window.removeEventListener('dragover', hover)
      window.removeEventListener('dragleave', leave)
      window.removeEventListener('drop', drop)
    }
  }, [])
  return (
    <>
      <input
        type="file"
        multiple
        hidden
        aria-label="Capture file"
        accept=".pcap,.pcapng,.cap,.gz"
        data-capture-field
        onChange={(event) => {
          void openFiles([...(event.currentTarget.files ?? [])])
          event.currentTarget.value = ''
        }}
      />
      {over && (
        <div className={styles.target} role="status">
          <div className={styles.frame}>
            <FileDown size={34} strokeWidth={1.4} aria-hidden />
            <p>Drop to open the capture</p>
          </div>
        </div>
      )}
    </>
  )
}
