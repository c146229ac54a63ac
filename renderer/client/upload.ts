import type { AppError } from '../../core/contract/app-error.ts'
import { EngineCallError } from './call-error.ts'
import { busy } from './idle.ts'

export type Upload = { readonly path: Promise<string>; readonly cancel: () => void }

/**
 * Uploads a file to the headless engine, which stores it and returns its path.
 * Uses XMLHttpRequest, since fetch reports no progress of a request body.
 */
export function uploadFile(file: File, page: string, onProgress: (doneBytes: number) => void): Upload {
  const request = new XMLHttpRequest()
  const done = busy()
  const path = new Promise<string>((resolve, reject) => {
    const fail = (cause: string) => reject(new EngineCallError(uploadError(file.name, cause)))
    request.upload.onprogress = (event) => onProgress(event.loaded)
    request.onerror = () => fail('the connection broke')
    request.onabort = () => fail('cancelled')
    request.onload = () => {
      const answer = request.response as { path?: unknown } | AppError | null
      if (request.status === 200 && answer !== null && 'path' in answer && typeof answer.path === 'string') {
        resolve(answer.path)
      } else if (answer !== null && 'tryThis' in answer) reject(new EngineCallError(answer))
      else fail(`HTTP status ${request.status}`)
    }
  }).finally(done)
  request.open('POST', uploadAddress(file.name, page))
  request.responseType = 'json'
  request.send(file)
  return { path, cancel: () => request.abort() }
}

/** `/upload?name=…`, with the token of the page's address. */
export function uploadAddress(name: string, page: string): string {
  const url = new URL('/upload', page)
  url.searchParams.set('name', name)
  const token = new URL(page).searchParams.get('token')
  if (token !== null) url.searchParams.set('token', token)
  return url.href
}

function uploadError(name: string, cause: string): AppError {
  return {
    code: 'input-unusable',
    message: `The file ${name} could not be sent to the engine: ${cause}.`,
    tryThis: 'Try again, or start Routescope with the file on its command line.',
    cause,
  }
}
