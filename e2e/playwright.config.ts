import { join } from 'node:path'
import { defineConfig } from '@playwright/test'
import type { TargetOptions } from './fixtures/routescope.ts'

const results = join(__dirname, '..', '.cache', 'test-results')

/** The same specs against the desktop app and against the headless server in Chromium. */
export default defineConfig<object, TargetOptions>({
  testDir: 'specs',
  outputDir: join(results, 'e2e'),
  // Two cores and one loopback interface: parallel specs would disturb each other.
  workers: 1,
  timeout: 120_000,
  expect: { timeout: 15_000 },
  forbidOnly: true,
  reporter: [['list'], ['json', { outputFile: join(results, 'e2e.json') }]],
  projects: [
    // The app has no server, so no token and no uploads.
    { name: 'electron', use: { target: 'electron' }, testIgnore: '**/browser/**' },
    // Windows, navigation and engine processes are the browser's there; for axe the pages are the same.
    { name: 'browser', use: { target: 'browser' }, testIgnore: ['**/desktop/**', '**/a11y.spec.ts'] },
  ],
})
