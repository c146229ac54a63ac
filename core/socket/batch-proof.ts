import type dgram from 'node:dgram'
import { LOOPBACK } from '../contract/loopback.ts'
import type { BatchTable } from './batch-table.ts'
import { handleOf } from './socket-handle.ts'

const DATAGRAMS = 16
/** Clocks of one machine agree better; a step of the date between two looks is no failure. */
const CLOCK_TOLERANCE_US = 5_000_000

/** Sends datagrams to itself and reads them in one batch: nothing of it is used unless all of it comes out right. */
export function proveBatches(
  table: BatchTable,
  createSocket: (options: dgram.SocketOptions) => dgram.Socket,
  refused: (reason: string) => void,
  proved: () => void,
): void {
  const socket = createSocket({ type: 'udp4' })
  let over = false
  const end = (reason: string | null): void => {
    if (over) return
    over = true
    socket.close()
    if (reason === null) proved()
    else refused(reason)
  }
  socket.on('error', ({ message }) => end(`its proof failed: ${message}`))
  socket.bind(0, LOOPBACK, () => {
    try {
      const handle = handleOf(socket)
      handle.recvStop()
      table.stampTimes(handle.fd)
      const { port } = socket.address()
      let sent = 0
      for (let index = 0; index < DATAGRAMS; index++) {
        socket.send(new Uint8Array(index).fill(index), port, LOOPBACK, (error) => {
          if (error !== null) end(`its proof failed: ${error.message}`)
          else if (++sent === DATAGRAMS) end(faultOf(table, handle.fd, port))
        })
      }
    } catch (thrown) {
      end((thrown as Error).message)
    }
  })
}

/** What is wrong with the datagrams that were read; null where nothing is. */
function faultOf(table: BatchTable, fd: number, port: number): string | null {
  try {
    const count = table.read(fd, 0, DATAGRAMS + 1)
    if (count !== DATAGRAMS) return `its proof read ${count} datagrams of ${DATAGRAMS}`
    const dateUs = table.dateUs()
    for (let slot = 0; slot < count; slot++) {
      const payload = table.payload(slot)
      const sender = table.sender(slot)
      const arrivalUs = table.arrivalUs(slot)
      if (payload.length !== slot || payload.some((byte) => byte !== slot)) return 'its proof read other bytes'
      if (sender.address !== LOOPBACK || sender.port !== port) return 'its proof read other senders'
      if (arrivalUs === null) return 'the kernel notes no arrival times'
      if (Math.abs(dateUs - arrivalUs) > CLOCK_TOLERANCE_US) return 'the kernel notes times of another clock'
    }
    table.release(0, count)
    return null
  } catch (thrown) {
    return `its proof failed: ${(thrown as Error).message}`
  }
}
