import react from '@vitejs/plugin-react'
import { defineConfig } from 'vitest/config'
import { besideBundle } from './electron/packaging/beside-bundle.mjs'

/** Against tests that hang; none is told slow from fast by it, so that a busy machine passes too. */
const TEST_TIMEOUT_MS = 150_000
/** Files share the modules of their worker, which are loaded once: no test replaces a module, or leaves anything behind in one. */
const SHARED_MODULES = { isolate: false }
const SETUP = { setupFiles: ['core/testing/setup.ts'] }
const TIMEOUTS = { testTimeout: TEST_TIMEOUT_MS, hookTimeout: TEST_TIMEOUT_MS }

export default defineConfig({
  test: {
    // Vitest leaves a processor to itself, which would leave half of the two of a CI machine idle.
    maxWorkers: '100%',
    projects: [
      {
        plugins: [besideBundle()],
        test: {
          name: 'core',
          environment: 'node',
          include: ['core/**/*.test.ts', 'electron/**/*.test.ts'],
          exclude: ['**/*.process.test.ts'],
          ...SHARED_MODULES,
          ...SETUP,
          ...TIMEOUTS,
        },
      },
      {
        // The command line as a user meets it: these run the built program, which is built first where it is out of date.
        plugins: [besideBundle()],
        test: {
          name: 'program',
          environment: 'node',
          globalSetup: ['electron/runtime/build-before-tests.mjs'],
          include: ['core/**/*.process.test.ts'],
          ...SHARED_MODULES,
          ...SETUP,
          ...TIMEOUTS,
        },
      },
      {
        plugins: [react()],
        test: {
          name: 'renderer',
          // What needs a page asks for happy-dom in their first line.
          environment: 'node',
          // The theme's tokens are read as text by their contrast test; every other style sheet stays empty.
          css: { include: [/tokens\.css/] },
          include: ['renderer/**/*.test.{ts,tsx}'],
          ...TIMEOUTS,
        },
      },
    ],
  },
})
