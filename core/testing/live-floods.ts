import { gzip } from '#platform'
import { LLS_ADDRESS, LLS_PORT } from '../protocol/lls/lls-table.ts'
import { floods } from './floods.ts'
import { HOSTILE_KINDS, hostileDatagrams } from './hostile-captures.ts'
import { HOSTILE_ADDRESS, HOSTILE_PORT, type HostileDatagram } from './hostile-kind.ts'

/** A flood that a gateway receives from the network. */
export type LiveFlood = {
  readonly name: string
  /** Source for the gateway. */
  readonly url: string
  /** Its datagrams: to the LLS where they have its address, all others to the one group of hostile senders. */
  readonly datagrams: (seed: number, count: number) => readonly HostileDatagram[]
}

const GROUP = `${HOSTILE_ADDRESS}:${HOSTILE_PORT}`
const isLls = ({ address }: HostileDatagram): boolean => address === LLS_ADDRESS

/** Every kind of hostile sender and of flood, each with the source by which a gateway receives it. */
export function liveFloods(): readonly LiveFlood[] {
  const ofKinds = HOSTILE_KINDS.map((kind): LiveFlood => {
    const { name, protocol } = kind
    if (protocol === 'flute')
      return { name, url: `mabr://${GROUP}`, datagrams: (seed, count) => hostileDatagrams(kind, seed, count) }
    if (protocol === 'mmtp')
      return {
        name,
        url: 'atsc://',
        datagrams: (seed, count) => [mmtpService(), ...hostileDatagrams(kind, seed, count)],
      }
    const named = kind.first?.().some(isLls) === true
    return {
      name,
      url: named ? 'atsc://' : `route://${GROUP}`,
      datagrams: (seed, count) => hostileDatagrams(kind, seed, count),
    }
  })
  const ofFloods = floods(1).map(({ name, datagram }, index): LiveFlood => {
    const named = datagram(0).flow.destinationAddress === LLS_ADDRESS
    return {
      name,
      url: named ? 'atsc://' : `route://${GROUP}`,
      datagrams: (seed, count) => {
        const flood = floods(seed)[index]
        return Array.from({ length: flood === undefined ? 0 : count }, (_, number) => {
          const { flow, bytes } = (flood as NonNullable<typeof flood>).datagram(number)
          return { address: flow.destinationAddress, port: flow.destinationPort, bytes }
        })
      },
    }
  })
  return [...ofKinds, ...ofFloods]
}

/** Where a datagram of a live flood is sent: only two groups can be joined. */
export function liveDestination(datagram: HostileDatagram): readonly [port: number, address: string] {
  return isLls(datagram) ? [LLS_PORT, LLS_ADDRESS] : [HOSTILE_PORT, HOSTILE_ADDRESS]
}

/** An SLT whose one service is MMTP at the group of hostile senders. */
function mmtpService(): HostileDatagram {
  const slt = `<SLT xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/Delivery/SLT/1.0/" bsid="1"><Service serviceId="1" sltSvcSeqNum="0" serviceCategory="1" shortServiceName="S"><BroadcastSvcSignaling slsProtocol="2" slsMajorProtocolVersion="1" slsMinorProtocolVersion="0" slsDestinationIpAddress="${HOSTILE_ADDRESS}" slsDestinationUdpPort="${HOSTILE_PORT}"/></Service></SLT>`
  const packed = gzip(new TextEncoder().encode(slt))
  return { address: LLS_ADDRESS, port: LLS_PORT, bytes: Uint8Array.from([1, 1, 0, 1, ...packed]) }
}
