import { runPlaywright } from './run-playwright.mjs'

/* `npm run e2e -- ARGS`: the end-to-end specs; ARGS are Playwright's. */

process.exitCode = await runPlaywright('e2e/playwright.config.ts', process.argv.slice(2))
