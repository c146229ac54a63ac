/** The part of undici that is used, without fetch, WebSocket and mocks of its main module. */
declare module 'undici/lib/agent.js' {
  import { Agent } from 'undici'

  export default Agent
}
