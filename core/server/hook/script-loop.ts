import type { HookRequest } from './hook.ts'
import type { FromScript, ScriptResult, ToScript } from './hook-messages.ts'

/** The thread's end of its message port. */
export type ScriptPort = {
  on(event: 'message', listener: (message: ToScript) => void): unknown
  postMessage(message: FromScript): void
}

type Script = (request: HookRequest) => unknown
type Pieces = AsyncIterator<unknown> | Iterator<unknown>

/** Runs a user's script: answers questions about requests with what its `onRequest` returns. Never rejects. */
export async function serveScript(port: ScriptPort, load: () => Promise<unknown>): Promise<void> {
  const bodies = new Map<number, Pieces>()
  let script: Script
  try {
    script = scriptOf(await load())
  } catch (error) {
    port.postMessage({ kind: 'ready', problem: problemOf(error) })
    return
  }
  const attempt = async (id: number, what: () => Promise<void>): Promise<void> => {
    try {
      await what()
    } catch (error) {
      bodies.delete(id)
      port.postMessage({ id, kind: 'failed', problem: problemOf(error) })
    }
  }
  const ask = async (id: number, request: HookRequest): Promise<void> => {
    const { result, pieces } = readResult(await script(request))
    if (pieces !== null) bodies.set(id, pieces)
    port.postMessage({ id, kind: 'result', result })
  }
  const more = async (id: number): Promise<void> => {
    const next = await bodies.get(id)?.next()
    const isOver = next === undefined || next.done === true
    if (isOver) bodies.delete(id)
    port.postMessage({ id, kind: 'piece', piece: isOver ? null : bytesOf(next.value) })
  }
  port.on('message', (message) => {
    const { id } = message
    if (message.kind === 'ask') void attempt(id, () => ask(id, message.request))
    else if (message.kind === 'more') void attempt(id, () => more(id))
    else {
      const pieces = bodies.get(id)
      bodies.delete(id)
      void attempt(id, async () => void (await pieces?.return?.()))
    }
  })
  port.postMessage({ kind: 'ready', problem: null })
}

/** The function of a script's module. @throws Error without one */
function scriptOf(loaded: unknown): Script {
  const module = loaded as { onRequest?: unknown; default?: unknown } | null
  const inner = module?.default as { onRequest?: unknown } | undefined
  for (const each of [module?.onRequest, inner?.onRequest, inner]) if (typeof each === 'function') return each as Script
  throw new Error('it exports no function onRequest')
}

/** Reads what a script returned. @throws Error for what is no answer */
function readResult(returned: unknown): { result: ScriptResult; pieces: Pieces | null } {
  if (returned === undefined || returned === null)
    return { result: { status: null, headers: {}, body: null, serveFile: null, throttle: null }, pieces: null }
  if (typeof returned !== 'object') throw new Error('onRequest returned no object')
  const { status, headers, body, serveFile, throttle } = returned as Record<string, unknown>
  const isPieces = typeof body === 'object' && body !== null && !(body instanceof Uint8Array)
  const result: ScriptResult = {
    status: status === undefined ? null : Number(status),
    headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)])),
    body: body === undefined || body === null ? null : isPieces ? 'pieces' : bytesOf(body),
    serveFile: serveFile === undefined ? null : String(serveFile),
    throttle: throttle === undefined ? null : Number(throttle),
  }
  return { result, pieces: isPieces ? iteratorOf(body) : null }
}

function iteratorOf(body: object): Pieces {
  const pieces = body as Partial<AsyncIterable<unknown> & Iterable<unknown>>
  const begun = pieces[Symbol.asyncIterator]?.() ?? pieces[Symbol.iterator]?.()
  if (begun === undefined) throw new Error('the body is neither text nor bytes nor a series of them')
  return begun
}

function bytesOf(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? value : new TextEncoder().encode(String(value))
}

function problemOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
