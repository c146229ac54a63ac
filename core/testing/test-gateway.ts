import { mkdtemp, rm } from 'node:fs/promises'
import { Agent, type IncomingHttpHeaders, request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ObjectStore, type ObjectStoreOptions } from '../files/object-store.ts'
import { Gateway, type GatewayOptions } from '../gateway/gateway.ts'

/** A gateway on loopback with a store that tests fill. */
export type TestGateway = {
  readonly store: ObjectStore
  readonly gateway: Gateway
  readonly warnings: string[]
  get(path: string, headers?: Record<string, string>, method?: string): Promise<Reply>
  close(): Promise<void>
}

export type Reply = {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly text: string
}

/** Opens one; requests wait up to 30 s for expected files, so that tests decide when they end. */
export async function openGateway(
  options: Partial<GatewayOptions> = {},
  storage: Partial<ObjectStoreOptions> = {},
): Promise<TestGateway> {
  const spillDir = await mkdtemp(join(tmpdir(), 'routescope-gateway-test-'))
  const store = new ObjectStore({ memoryBytes: 1 << 24, maxSegments: 0, spillDir, ...storage })
  const warnings: string[] = []
  const gateway = new Gateway({
    host: '127.0.0.1',
    port: 0,
    cors: 'auto',
    store,
    nowUs: () => Date.parse('2026-11-21T06:23:49.330Z') * 1000,
    streamShiftUs: () => 0,
    manifestShiftUs: () => 0,
    services: () => [],
    holdMs: [30_000, 30_000],
    log: (level, text) => {
      if (level === 'warning') warnings.push(text)
    },
    ...options,
  })
  const { baseUrl } = await gateway.open()
  const agent = new Agent({ keepAlive: true })
  return {
    store,
    gateway,
    warnings,
    get: (path, headers = {}, method = 'GET') => ask(agent, baseUrl, path, headers, method),
    close: async () => {
      agent.destroy()
      await gateway.close()
      await store.close()
      await rm(spillDir, { recursive: true, force: true })
    },
  }
}

function ask(
  agent: Agent,
  baseUrl: string,
  path: string,
  headers: Record<string, string>,
  method: string,
): Promise<Reply> {
  const { hostname, port } = new URL(baseUrl)
  return new Promise((resolve, reject) => {
    const sent = request({ agent, hostname, port, path, headers, method }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const body = Buffer.concat(chunks)
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body, text: body.toString() })
      })
    })
    sent.on('error', reject)
    sent.end()
  })
}
