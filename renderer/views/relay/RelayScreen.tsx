import { frameStore } from '../../stores/frame-store.ts'
import { FormScreen } from '../../ui/FormScreen.tsx'
import { RelayView } from './RelayView.tsx'

/** The Relay view while no session is open. */
export function RelayScreen() {
  return (
    <FormScreen title="Relay" label="Relay media" onBack={() => frameStore.setState({ form: null })}>
      <RelayView />
    </FormScreen>
  )
}
