import { DEMO_SOURCE } from '../../contract/open-request.ts'
import type { OptionRow, SpecOf } from '../../contract/option-row.ts'
import type { PartDescription } from '../../contract/part-description.ts'
import { MAX_COUNT } from './shared-options.ts'

const PRESENTATION_OPTIONS = [
  {
    key: 'input',
    option: null,
    gpac: null,
    type: { kind: 'text', of: 'input' },
    disk: { use: 'reads', called: 'the input' },
    default: null,
    group: 'Sending',
    level: 'basic',
    label: 'Input',
    help: 'a manifest, a folder or a file, or an http(s) URL of a manifest; demo: is the presentation shipped with the app',
    commands: ['send'],
    test: 'core/cli/send.process.test.ts',
    subject: true,
  },
  {
    key: 'loop',
    option: '--loop',
    gpac: null,
    type: { kind: 'number', unit: '', min: 0, max: MAX_COUNT, bare: 0 },
    default: 1,
    group: 'Sending',
    level: 'basic',
    label: 'Loop',
    help: 'repeat a static presentation for ever as one live service',
    commands: ['send'],
    test: 'core/cli/send.process.test.ts',
  },
  {
    key: 'serviceId',
    choice: 'ownServiceId',
    option: null,
    gpac: null,
    type: { kind: 'number', unit: '', min: 1, max: 65_535 },
    default: null,
    group: 'Sending',
    level: 'expert',
    label: 'Own service id',
    help: 'service id of this input; without one, the next of its broadcast',
    commands: ['send'],
    forms: ['atsc', 'mabr-flute', 'mabr-route'],
    test: 'core/engine/parts.socket.test.ts',
  },
  {
    key: 'serviceName',
    choice: 'ownServiceName',
    option: null,
    gpac: null,
    type: { kind: 'text', of: 'words' },
    word: 'name',
    default: null,
    group: 'Sending',
    level: 'expert',
    label: 'Own service name',
    help: 'service name of this input; without one, that of its broadcast, or its number',
    commands: ['send'],
    forms: ['atsc'],
    test: 'core/engine/parts.socket.test.ts',
  },
] as const satisfies readonly OptionRow[]

/** Options of a DASH or HLS presentation, a folder or a single file to broadcast. */
export type PresentationSpec = SpecOf<'presentation', typeof PRESENTATION_OPTIONS>

/** The part `presentation`. */
export const PRESENTATION_PART: PartDescription = {
  kind: 'presentation',
  title: 'Presentation',
  help: 'reads a DASH or HLS presentation, a folder or a file',
  takes: null,
  gives: 'objects',
  side: 'send',
  options: PRESENTATION_OPTIONS,
  opens: [{ pattern: `^${DEMO_SOURCE}$`, group: 'Demo', label: 'Demo', example: DEMO_SOURCE, shown: 'label' }],
}
