import type { LucideIcon } from 'lucide-react'
import type { ButtonHTMLAttributes, ReactNode, Ref } from 'react'
import { defined } from '../../core/contract/defined.ts'
import styles from './Button.module.css'
import { Tooltip } from './Tooltip.tsx'

type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & {
  /** `primary`: one per form; `danger`: stops something. */
  readonly variant?: 'primary' | 'plain' | 'quiet' | 'danger'
  readonly icon?: LucideIcon
  readonly size?: 'small' | 'large'
  readonly children: ReactNode
  readonly ref?: Ref<HTMLButtonElement>
}

export function Button({ variant = 'plain', icon: Icon, size = 'small', className, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={[styles.button, styles[variant], styles[size], className].filter(Boolean).join(' ')}
    >
      {Icon !== undefined && <Icon size={size === 'large' ? 16 : 14} strokeWidth={2} aria-hidden />}
      <span>{children}</span>
    </button>
  )
}

type IconButtonProps = Omit<ButtonHTMLAttributes<HTMLButtonElement>, 'children'> & {
  /** Accessible name and tooltip. */
  readonly label: string
  /** Keys for the tooltip. */
  readonly keys?: string
  readonly icon: LucideIcon
  readonly size?: number
  readonly side?: 'top' | 'bottom' | 'right'
  readonly ref?: Ref<HTMLButtonElement>
}

export function IconButton({ label, keys, icon: Icon, size = 15, side, className, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label} {...defined({ keys })} {...defined({ side })}>
      <button type="button" aria-label={label} {...rest} className={[styles.icon, className].filter(Boolean).join(' ')}>
        <Icon size={size} strokeWidth={1.9} aria-hidden />
      </button>
    </Tooltip>
  )
}
