/** The part of undici that is used, without what its main module loads beside it (fetch, WebSocket, mocks). */
declare module 'undici/lib/agent.js' {
  import { Agent } from 'undici'

  export default Agent
}
