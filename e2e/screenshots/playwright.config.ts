import { join } from 'node:path'
import { defineConfig } from '@playwright/test'
import type { TargetOptions } from '../fixtures/routescope.ts'

/** The README's pictures: not tests, but driven by the same fixtures. */
export default defineConfig<object, TargetOptions>({
  testDir: '.',
  testMatch: 'screenshots.ts',
  outputDir: join(__dirname, '..', '..', '.cache', 'test-results', 'screenshots'),
  workers: 1,
  timeout: 120_000,
  reporter: 'list',
  use: { target: 'electron' },
})
