import { Check, Copy } from 'lucide-react'
import { useEffect, useState } from 'react'
import { Button, IconButton } from './Button.tsx'

const CONFIRM_MS = 1200

type CopyButtonProps = {
  readonly label: string
  readonly text: () => string | Promise<string>
  /** Shows the label beside the icon. */
  readonly worded?: boolean
}

/** Copies a text, and confirms it for a moment. */
export function CopyButton({ label, text, worded = false }: CopyButtonProps) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), CONFIRM_MS)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = async () => {
    await navigator.clipboard.writeText(await text())
    setCopied(true)
  }
  const icon = copied ? Check : Copy
  if (worded) {
    return (
      <Button icon={icon} onClick={() => void copy()}>
        {copied ? 'Copied' : label}
      </Button>
    )
  }
  return <IconButton label={copied ? 'Copied' : label} icon={icon} size={13} onClick={() => void copy()} />
}
