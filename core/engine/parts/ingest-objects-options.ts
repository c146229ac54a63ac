import type { PartDescription } from '../../contract/part-description.ts'

/** The part `ingest-objects`. */
export const INGEST_OBJECTS_PART: PartDescription = {
  kind: 'ingest-objects',
  title: 'Files of a presentation',
  help: 'gives the files of a presentation, live ones as they come, to what takes files',
  takes: 'objects',
  gives: 'objects',
  options: [],
}
