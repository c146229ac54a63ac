import type dgram from 'node:dgram'

/** What is used of the handle inside Node's socket: it has no other way to a descriptor, or to stop reading. */
export type SocketHandle = { readonly fd: number; recvStart(): number; recvStop(): number }

/** @throws Error where the runtime does not show it */
export function handleOf(socket: dgram.Socket): SocketHandle {
  const symbol = Object.getOwnPropertySymbols(socket).find(({ description }) => description === 'state symbol')
  const inside = socket as unknown as Record<symbol, { readonly handle?: Partial<SocketHandle> | null } | undefined>
  const handle = symbol === undefined ? undefined : inside[symbol]?.handle
  if (
    typeof handle?.fd !== 'number' ||
    handle.fd < 0 ||
    typeof handle.recvStop !== 'function' ||
    typeof handle.recvStart !== 'function'
  )
    throw new Error('this runtime does not show the descriptors of its sockets')
  return handle as SocketHandle
}
