import { join } from 'node:path'
import { defineConfig } from '@playwright/test'
import type { TargetOptions } from './fixtures/routescope.ts'

const results = join(__dirname, '..', '.cache', 'test-results')
/** Runs side by side keep their results apart. */
const run = process.env.ROUTESCOPE_E2E_RUN ?? 'e2e'

/** The same specs against the desktop app and against the headless server in Chromium. */
export default defineConfig<object, TargetOptions>({
  testDir: 'specs',
  outputDir: join(results, run),
  // One loopback interface: parallel specs would disturb each other. Whole runs can have a network of their own each.
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  reporter: [['list'], ['json', { outputFile: join(results, `${run}.json`) }]],
  projects: [
    // The app has no server, so no token and no uploads.
    { name: 'electron', use: { target: 'electron' }, testIgnore: '**/browser/**' },
    // Windows, navigation and engine processes are the browser's there; for axe the pages are the same.
    { name: 'browser', use: { target: 'browser' }, testIgnore: ['**/desktop/**', '**/a11y.spec.ts'] },
  ],
})
