import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { isLoopback, LOOPBACK } from '../contract/loopback.ts'
import { AppFailure } from '../failure/app-failure.ts'

/**
 * Opens a server's port.
 * @returns the host as written in an address, and the port
 * @throws AppFailure port-in-use | address-not-local | socket-failed
 */
export async function listen(server: Server, host: string, port: number): Promise<{ host: string; port: number }> {
  await new Promise<void>((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException): void => reject(listenFailure(error, host, port))
    server.once('error', failed)
    server.listen(port, host, () => {
      server.off('error', failed)
      resolve()
    })
  })
  const bound = server.address() as AddressInfo
  return { host: addressHost(bound.address), port: bound.port }
}

function listenFailure(error: NodeJS.ErrnoException, host: string, port: number): AppFailure {
  if (error.code === 'EADDRINUSE')
    return new AppFailure(
      'port-in-use',
      `Port ${port} on ${host} is already in use.`,
      'Choose another port, or 0 for any free one.',
      error,
    )
  if (error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND')
    return new AppFailure('address-not-local', `${host} is no address of this machine.`, 'Use 127.0.0.1.', error)
  return new AppFailure('socket-failed', `Nothing can be served on ${host}:${port}.`, 'Try port 0.', error)
}

/** Replaces a wildcard address, which clients cannot use, by loopback. */
function addressHost(address: string): string {
  if (address === '0.0.0.0') return LOOPBACK
  if (address === '::') return '[::1]'
  return address.includes(':') ? `[${address}]` : address
}

/**
 * Whether a Host header may reach a server on loopback: a page of another site that resolves its own name to loopback
 * could otherwise read served content (DNS rebinding). A client without the header is no browser.
 */
export function isLocalHostHeader(header: string | undefined, configured: string): boolean {
  if (header === undefined) return true
  const host = header.replace(/:\d*$/, '').toLowerCase()
  return host === configured.toLowerCase() || host === '[::1]' || isLoopback(host)
}
