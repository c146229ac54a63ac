import { frameStore } from '../../stores/frame-store.ts'
import { FormScreen } from '../../ui/FormScreen.tsx'
import { SendView } from './SendView.tsx'

/** The Send view while no session is open. */
export function SendScreen() {
  return (
    <FormScreen title="Send" label="Send a presentation" onBack={() => frameStore.setState({ form: null })}>
      <SendView />
    </FormScreen>
  )
}
