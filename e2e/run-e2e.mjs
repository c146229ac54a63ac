import { runEndToEnd } from './end-to-end.mjs'

/* `npm run e2e -- ARGS`: the end-to-end specs; ARGS are Playwright's. */

const runs = await runEndToEnd(process.argv.slice(2))
process.exitCode = Math.max(...runs.map(({ status }) => status))
