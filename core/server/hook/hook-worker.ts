import { pathToFileURL } from 'node:url'
import { parentPort, workerData } from 'node:worker_threads'
import { takeUncaught } from '../../guard/last-resort.ts'
import { type ScriptPort, serveScript } from './script-loop.ts'

const port = parentPort as unknown as ScriptPort
// What its timers and promises throw must not end the others' requests.
takeUncaught((error) => port.postMessage({ kind: 'uncaught', problem: String(error) }))
// The script is the user's own file, which is no part of the bundle.
const load = (path: string): Promise<unknown> => import(/* @vite-ignore */ pathToFileURL(path).href)
void serveScript(port, () => load(workerData as string))
