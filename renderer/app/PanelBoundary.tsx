import { Component, type ReactNode } from 'react'
import { appErrorOf } from '../client/call-error.ts'
import { Button } from '../ui/Button.tsx'
import { ErrorBlock } from '../ui/ErrorBlock.tsx'
import styles from './Dock.module.css'

type Props = { readonly title: string; readonly children: ReactNode }
type State = { readonly thrown: unknown }

/** Confines the failure of a view to its panel. */
export class PanelBoundary extends Component<Props, State> {
  override state: State = { thrown: null }

  static getDerivedStateFromError(thrown: unknown): State {
    return { thrown }
  }

  override render(): ReactNode {
    if (this.state.thrown === null) return this.props.children
    return (
      <div className={styles.failed}>
        <ErrorBlock
          error={{
            ...appErrorOf(this.state.thrown),
            message: `${this.props.title} could not be drawn: ${this.state.thrown instanceof Error ? this.state.thrown.message : 'unknown reason'}.`,
          }}
          actions={<Button onClick={() => this.setState({ thrown: null })}>Draw it again</Button>}
        />
      </div>
    )
  }
}
