/** Bundled into the program as a `data:` URL, so that it is loaded at once and from wherever the program runs. */
declare module 'raptorq/raptorq_bg.wasm?url&inline' {
  const url: string
  export default url
}
