import { FolderPlus } from 'lucide-react'
import { type FormEvent, useMemo, useState } from 'react'
import { addFolder } from '../../app/serving-actions.ts'
import { Button } from '../../ui/Button.tsx'
import styles from '../forms/Forms.module.css'
import { StartButton } from '../forms/StartButton.tsx'
import { useStart } from '../forms/use-start.ts'
import { FolderField } from './LineFields.tsx'
import own from './ServeView.module.css'
import { exposuresOf } from './serve-form.ts'

/** Adds a folder to the server that runs. @param listen its address, as it was asked for */
export function AddFolder({ listen }: { readonly listen: string }) {
  const [isOpen, setOpen] = useState(false)
  const [path, setPath] = useState('')
  const [writes, setWrites] = useState(false)
  const what = useMemo(() => (path.trim() === '' ? null : { path: path.trim(), writes }), [path, writes])
  const start = useStart(what, {
    risksOf: (added) => exposuresOf({ listen, write: added.writes ? added.path : '' }),
    run: async (added) => {
      await addFolder(added.path, added.writes)
      setPath('')
      setOpen(false)
    },
  })
  const submit = (event: FormEvent) => {
    event.preventDefault()
    start.submit()
  }
  if (!isOpen)
    return (
      <div>
        <Button icon={FolderPlus} onClick={() => setOpen(true)}>
          Add a folder…
        </Button>
      </div>
    )
  return (
    <form className={own.adding} aria-label="Add a folder" onSubmit={submit}>
      <div className={styles.lines}>
        <FolderField
          label="Folder to add"
          placeholder="It is served below its name, while everything else stays as it is"
          value={path}
          onChange={setPath}
        />
        <label className={own.tick}>
          <input type="checkbox" checked={writes} onChange={(event) => setWrites(event.target.checked)} />
          Take uploads into it, too
        </label>
      </div>
      <div className={own.addingButtons}>
        <StartButton start={start} label="Add" anyway="Add all the same" icon={FolderPlus} disabled={what === null} />
        <Button variant="quiet" onClick={() => setOpen(false)}>
          Cancel
        </Button>
      </div>
    </form>
  )
}
