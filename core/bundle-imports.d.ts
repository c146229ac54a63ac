/*
 * Imports of what stands beside a bundle: `electron/packaging/beside-bundle.mjs` resolves them.
 */

/** Path of a script to start a worker thread from. */
declare module '*?thread' {
  const path: string
  export default path
}

/** Path of a file, in browsers its URL. */
declare module '*?file' {
  const path: string
  export default path
}

/** Loads the module when first called. Its user names the type: `typeof import('./module.ts')`. */
declare module '*?lazy' {
  const load: () => unknown
  export default load
}
