/**
 * The rooms of core and what each may import: the one table behind biome.json's walls and the structure tests. Lower rooms
 * first; a room imports only rooms listed before it. Only tests read this file.
 */
export type Room = {
  readonly imports: readonly string[]
  /** Knows no socket, file, timer or clock: bytes and time are arguments. */
  readonly pure: boolean
  /** Uses nothing of Node but through `#platform`: it runs in a worker of a web page as well. */
  readonly nodeFree?: true
}

const BASE = ['contract', 'platform', 'flow', 'failure', 'bytes'] as const
const FORMATS = [...BASE, 'xml', 'protocol', 'manifest', 'media'] as const

export const ROOMS: Readonly<Record<string, Room>> = {
  contract: { imports: [], pure: true, nodeFree: true },
  platform: { imports: [], pure: false },
  flow: { imports: ['contract'], pure: true, nodeFree: true },
  failure: { imports: ['contract'], pure: true, nodeFree: true },
  guard: { imports: ['contract', 'failure'], pure: false },
  bytes: { imports: ['contract'], pure: true, nodeFree: true },
  xml: { imports: BASE, pure: true, nodeFree: true },
  protocol: { imports: [...BASE, 'xml'], pure: true, nodeFree: true },
  manifest: { imports: [...BASE, 'xml'], pure: true, nodeFree: true },
  media: { imports: [...BASE], pure: true, nodeFree: true },
  files: { imports: [...BASE, 'guard', 'protocol'], pure: false },
  capture: { imports: [...BASE, 'guard', 'protocol', 'files'], pure: false },
  receive: { imports: FORMATS, pure: true, nodeFree: true },
  http: { imports: [...BASE, 'guard', 'protocol', 'files'], pure: false },
  server: { imports: [...FORMATS, 'guard', 'files', 'http'], pure: false },
  push: { imports: [...BASE, 'files', 'http'], pure: false },
  ingest: { imports: [...FORMATS, 'files', 'http'], pure: false },
  send: { imports: [...FORMATS, 'ingest'], pure: true },
  inspect: { imports: [...FORMATS, 'receive'], pure: true, nodeFree: true },
  decode: { imports: [...BASE, 'guard', 'media'], pure: false },
  gateway: { imports: [...FORMATS, 'files', 'http', 'decode'], pure: false },
  repair: { imports: [...FORMATS, 'receive', 'http'], pure: false },
  socket: { imports: [...BASE, 'guard', 'protocol'], pure: false },
  engine: {
    imports: [
      ...FORMATS,
      'guard',
      'capture',
      'receive',
      'ingest',
      'send',
      'inspect',
      'files',
      'http',
      'server',
      'push',
      'decode',
      'gateway',
      'repair',
      'socket',
    ],
    pure: false,
  },
  cli: { imports: ['contract', 'failure', 'guard', 'http', 'engine'], pure: false },
}
