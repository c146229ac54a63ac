/** Vitest's global set-up of the tests that run the built program. */
export { buildIfStale as setup } from './build-state.mjs'
