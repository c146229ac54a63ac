/** Vitest's global set-up for tests that run the built program. */
export { buildIfStale as setup } from './build-state.mjs'
