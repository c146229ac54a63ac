import { Command as Palette } from 'cmdk'
import { X } from 'lucide-react'
import { Dialog as Radix } from 'radix-ui'
import { type ReactNode, useEffect, useRef, useState } from 'react'
import { useStore } from 'zustand'
import { type Command, commandStore } from '../stores/command-store.ts'
import { type Dialog, frameStore, showDialog } from '../stores/frame-store.ts'
import { sessionStore } from '../stores/session-store.ts'
import { IconButton } from '../ui/Button.tsx'
import { KeyHint } from '../ui/KeyHint.tsx'
import { ListenForm } from '../views/welcome/ListenForm.tsx'
import styles from './Dialogs.module.css'

const GROUPS = ['Session', 'View', 'Objects', 'Timeline', 'Player', 'Window'] as const

/** The dialogs over the frame, one at a time. */
export function Dialogs() {
  const dialog = useStore(frameStore, (state) => state.dialog)
  const sessionId = useStore(sessionStore, (state) => state.sessionId)
  // A session started from the dialog replaces the screen, so the dialog closes.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the change itself is what counts
  useEffect(() => showDialog(null), [sessionId])
  return (
    <>
      <CommandPalette open={dialog === 'palette'} />
      <Sheet which="keys" open={dialog === 'keys'} title="Keys" wide>
        <KeyList />
      </Sheet>
      <Sheet which="listen" open={dialog === 'listen'} title="Listen">
        <p className={styles.lead}>Receive a live source. It replaces the session on the screen.</p>
        <ListenForm />
      </Sheet>
    </>
  )
}

const closing = (open: boolean): void => {
  if (!open) showDialog(null)
}

/** Focuses the first field, or the scrolling part, instead of the close button. */
function focusFirstField(event: Event): void {
  event.preventDefault()
  const sheet = event.currentTarget instanceof HTMLElement ? event.currentTarget : null
  const field = sheet?.querySelector<HTMLInputElement>('input')
  if (field != null) field.select()
  else sheet?.querySelector<HTMLElement>('[data-main]')?.focus()
}

/**
 * Restores the focus to the element that had it before the dialog, unless the chosen command has moved it. Radix restores it
 * only to a trigger button, which dialogs opened by keys do not have.
 */
function useRestoreFocus() {
  const before = useRef<Element | null>(null)
  return {
    remember: () => {
      before.current = document.activeElement
    },
    giveBack: (event: Event) => {
      event.preventDefault()
      const { activeElement } = document
      const taken = activeElement !== null && activeElement !== document.body && !within(event, activeElement)
      if (!taken && before.current instanceof HTMLElement) before.current.focus({ preventScroll: true })
    },
  }
}

const within = (event: Event, element: Element): boolean =>
  event.currentTarget instanceof Element && event.currentTarget.contains(element)

type SheetProps = {
  readonly which: Dialog
  readonly open: boolean
  readonly title: string
  readonly wide?: boolean
  readonly children: ReactNode
}

function Sheet({ which, open, title, wide = false, children }: SheetProps) {
  const focus = useRestoreFocus()
  return (
    <Radix.Root open={open} onOpenChange={closing}>
      <Radix.Portal>
        <Radix.Overlay className={styles.scrim} />
        <Radix.Content
          className={wide ? `${styles.sheet} ${styles.wide}` : styles.sheet}
          aria-describedby={undefined}
          data-dialog={which}
          onOpenAutoFocus={(event) => {
            focus.remember()
            focusFirstField(event)
          }}
          onCloseAutoFocus={focus.giveBack}
        >
          <div className={styles.head}>
            <Radix.Title className={styles.title}>{title}</Radix.Title>
            <Radix.Close asChild>
              <IconButton label="Close" icon={X} />
            </Radix.Close>
          </div>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must do so by keys as well */}
          <div className={styles.body} data-main tabIndex={0}>
            {children}
          </div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

function CommandPalette({ open }: { readonly open: boolean }) {
  const commands = useStore(commandStore, (state) => state.commands)
  const focus = useRestoreFocus()
  const shown = commands.filter((command) => command.enabled === undefined || command.enabled())
  const run = (command: Command) => {
    showDialog(null)
    // After the dialog has restored the focus.
    setTimeout(() => command.run(), 0)
  }
  return (
    <Radix.Root open={open} onOpenChange={closing}>
      <Radix.Portal>
        <Radix.Overlay className={styles.scrim} />
        <Radix.Content
          className={styles.palette}
          aria-describedby={undefined}
          data-dialog="palette"
          onOpenAutoFocus={focus.remember}
          onCloseAutoFocus={focus.giveBack}
        >
          <Radix.Title className="visually-hidden">Find a command</Radix.Title>
          <Palette label="Commands" loop>
            <Palette.Input className={styles.search} placeholder="Find a command" />
            <Palette.List className={styles.list} tabIndex={-1}>
              <Palette.Empty className={styles.none}>No command of that name.</Palette.Empty>
              {GROUPS.map((group) => {
                const own = shown.filter((command) => command.group === group)
                return own.length === 0 ? null : (
                  <Palette.Group key={group} heading={group} className={styles.group}>
                    {own.map((command) => (
                      <Palette.Item
                        key={command.id}
                        value={command.title}
                        className={styles.item}
                        onSelect={() => run(command)}
                      >
                        <span>{command.title}</span>
                        {command.keys?.[0] !== undefined && <KeyHint keys={command.keys[0]} />}
                      </Palette.Item>
                    ))}
                  </Palette.Group>
                )
              })}
            </Palette.List>
          </Palette>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

/** Keys of tables, which are not commands. */
const TABLE_KEYS: readonly (readonly [string, readonly string[]])[] = [
  ['Row up, row down', ['ArrowUp', 'ArrowDown']],
  ['A page up, a page down', ['PageUp', 'PageDown']],
  ['First row, last row', ['Home', 'End']],
  ['Fold, unfold', ['ArrowLeft', 'ArrowRight']],
  ['Open or play the row', ['Enter']],
  ['Copy the row', ['$mod+c']],
]

function KeyList() {
  const commands = useStore(commandStore, (state) => state.commands)
  const [groups] = useState(() =>
    GROUPS.map((group) => ({
      group,
      own: commands.filter((command) => command.group === group && (command.keys?.length ?? 0) > 0),
    })).filter(({ own }) => own.length > 0),
  )
  return (
    <div className={styles.columns}>
      {groups.map(({ group, own }) => (
        <section key={group} aria-label={group}>
          <h3>{group}</h3>
          <dl>
            {own.map((command) => (
              <KeyLine key={command.id} title={command.title.replace(/…$/, '')} keys={command.keys ?? []} />
            ))}
          </dl>
        </section>
      ))}
      <section aria-label="Tables">
        <h3>Tables</h3>
        <dl>
          {TABLE_KEYS.map(([title, keys]) => (
            <KeyLine key={title} title={title} keys={keys} />
          ))}
        </dl>
      </section>
    </div>
  )
}

function KeyLine({ title, keys }: { readonly title: string; readonly keys: readonly string[] }) {
  return (
    <div>
      <dt>{title}</dt>
      <dd>
        {keys.map((key) => (
          <KeyHint key={key} keys={key} />
        ))}
      </dd>
    </div>
  )
}
