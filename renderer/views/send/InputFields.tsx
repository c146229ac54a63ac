import { FileUp, FolderOpen, Plus } from 'lucide-react'
import { DEMO_SOURCE } from '../../../core/contract/open-request.ts'
import { shell } from '../../app/shell.ts'
import { Button } from '../../ui/Button.tsx'
import { Chips } from '../forms/Chips.tsx'
import styles from '../forms/Forms.module.css'
import { LineField } from '../forms/LineField.tsx'

type InputFieldsProps = {
  /** Names of what is sent; there is at least one. */
  readonly inputs: readonly string[]
  readonly onInput: (at: number, input: string) => void
  readonly onAdd: () => void
  readonly onRemove: (at: number) => void
}

/** What is sent: a field for each input, of which each becomes a service. */
export function InputFields({ inputs, onInput, onAdd, onRemove }: InputFieldsProps) {
  const last = inputs.length - 1
  return (
    <div className={styles.lines}>
      {inputs.map((input, at) => (
        <LineField
          // biome-ignore lint/suspicious/noArrayIndexKey: an input is its place
          key={at}
          label={at === 0 ? 'Input' : `Input ${at + 1}`}
          placeholder="A DASH or HLS manifest, a folder, a file, or an http(s) address"
          value={input}
          onChange={(changed) => onInput(at, changed)}
          onRemove={inputs.length > 1 ? () => onRemove(at) : undefined}
        >
          <ChooseButtons onChoose={(path) => onInput(at, path)} />
        </LineField>
      ))}
      <Chips label="Inputs">
        <button type="button" aria-pressed={inputs[last] === DEMO_SOURCE} onClick={() => onInput(last, DEMO_SOURCE)}>
          Built-in demo
        </button>
        <button type="button" title="Each input becomes a service of atsc:// or mabr://" onClick={onAdd}>
          <Plus size={12} aria-hidden /> Another input
        </button>
      </Chips>
    </div>
  )
}

/** The system's dialogs; a browser has none for paths of the server. */
function ChooseButtons({ onChoose }: { readonly onChoose: (path: string) => void }) {
  const desktop = shell()
  if (desktop === undefined) return null
  const choose = async (asking: Promise<string | null>) => {
    const path = await asking
    if (path !== null) onChoose(path)
  }
  return (
    <>
      <Button icon={FileUp} onClick={() => void choose(desktop.choosePresentation())}>
        File…
      </Button>
      <Button icon={FolderOpen} onClick={() => void choose(desktop.chooseFolder(''))}>
        Folder…
      </Button>
    </>
  )
}
