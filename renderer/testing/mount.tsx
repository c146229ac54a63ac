import { act, type ReactNode } from 'react'
import { createRoot } from 'react-dom/client'
import { TooltipProvider } from '../ui/Tooltip.tsx'

export type Mounted = {
  readonly host: HTMLElement
  /** Waits for promises and effects. */
  readonly settle: () => Promise<void>
  readonly unmount: () => void
}

/** Renders a view for a test, inside the window's providers. */
export async function mount(view: ReactNode): Promise<Mounted> {
  ;(globalThis as { IS_REACT_ACT_ENVIRONMENT?: boolean }).IS_REACT_ACT_ENVIRONMENT = true
  const host = document.createElement('div')
  document.body.append(host)
  const root = createRoot(host)
  // Third-party widgets render in a task or a frame of their own.
  const settle = () => act(() => new Promise<void>((done) => requestAnimationFrame(() => setTimeout(done))))
  await act(async () => root.render(<TooltipProvider>{view}</TooltipProvider>))
  await settle()
  const unmount = () => {
    act(() => root.unmount())
    host.remove()
  }
  return { host, settle, unmount }
}

/** The button with these words in its name. @throws without one */
export function buttonNamed(host: HTMLElement, words: string): HTMLButtonElement {
  const found = [...host.querySelectorAll('button')].find((button) =>
    `${button.getAttribute('aria-label') ?? ''} ${button.textContent}`.includes(words),
  )
  if (found === undefined) throw new Error(`No button named ${words} in: ${host.textContent}`)
  return found
}
