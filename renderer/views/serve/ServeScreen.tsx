import { frameStore } from '../../stores/frame-store.ts'
import { FormScreen } from '../../ui/FormScreen.tsx'
import { ServeView } from './ServeView.tsx'

/** The Serve view while no session is open. */
export function ServeScreen() {
  return (
    <FormScreen title="Serve" label="Serve folders" onBack={() => frameStore.setState({ form: null })}>
      <ServeView />
    </FormScreen>
  )
}
