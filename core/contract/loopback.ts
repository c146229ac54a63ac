/** This computer alone: where servers listen, and packets stay, unless a person says otherwise. */
export const LOOPBACK = '127.0.0.1'

/** Whether only this computer can reach a server on this host. */
export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || /^127\.\d+\.\d+\.\d+$/.test(host)
}

/** Whether a server on this host is reached by any address of this computer. */
export function isWildcard(host: string): boolean {
  return /^(?:0+(?:\.0+){0,3}|[0:.]*::[0:.]*)$/.test(host)
}
