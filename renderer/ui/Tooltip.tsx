import { Tooltip as Radix } from 'radix-ui'
import type { ReactElement } from 'react'
import { KeyHint } from './KeyHint.tsx'
import styles from './Tooltip.module.css'

type TooltipProps = {
  readonly text: string
  readonly keys?: string
  readonly side?: 'top' | 'bottom' | 'right'
  readonly children: ReactElement
}

/** A text and its key, shown after the pointer rests for a moment. */
export function Tooltip({ text, keys, side = 'bottom', children }: TooltipProps) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content className={styles.tooltip} side={side} sideOffset={6} collisionPadding={6}>
          {text}
          {keys !== undefined && <KeyHint keys={keys} />}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

export const TooltipProvider = Radix.Provider
