import { runPlaywright } from '../run-playwright.mjs'

/* `npm run screenshots`: takes the README's pictures from the running app into assets/screenshots. */

process.exitCode = await runPlaywright('e2e/screenshots/playwright.config.ts', process.argv.slice(2))
