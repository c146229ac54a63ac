import { u16At, u32At } from '../../bytes/ints.ts'
import type { HeaderField } from '../../contract/object-rows.ts'
import { MMTP_FAULT, MMTP_TYPE, MmtpPacket, mmtpFaultName, mmtpTypeName } from './mmtp-packet.ts'
import { MPU_FRAGMENT, TIMED_UNIT_BYTES } from './mpu-payload.ts'

const FRAGMENT_TYPES = ['MPU metadata', 'movie fragment metadata', 'media fragment (MFU)']
const INDICATORS = ['one or more whole data units', 'first fragment', 'middle fragment', 'last fragment']
const FEC = ['not protected', 'source packet of AL-FEC', 'repair packet', 'reserved']

/**
 * All fields of the MMTP packet that starts with `bytes[start, end)`, in wire order, with the header of its MPU payload. Never
 * throws: a faulty header is described up to the fault, which is the last entry.
 */
export function describeMmtpPacket(bytes: Uint8Array, start: number, end: number): HeaderField[] {
  const fields: HeaderField[] = []
  const add = (name: string, value: string | number, note: string | null = null): void =>
    void fields.push({ name, value: String(value), note })
  const packet = new MmtpPacket()
  const fault = packet.read(bytes, start, end)
  if (fault !== MMTP_FAULT.none) {
    add('fault', mmtpFaultName(fault), `at byte ${packet.faultOffset - start} of ${end - start}`)
    return fields
  }
  add('V', packet.version, 'MMTP version (ISO/IEC 23008-1 §9.2; A/331 requires 1)')
  add('C', packet.counter >= 0 ? 1 : 0, 'packet_counter is there')
  add('FEC', packet.fec, FEC[packet.fec] ?? null)
  add('R', packet.randomAccess ? 1 : 0, 'random access point; off air it is set on every packet')
  add('type', packet.type, mmtpTypeName(packet.type))
  add('packet_id', packet.packetId)
  add('timestamp', (packet.timestamp / 65_536).toFixed(4), 'NTP short format: seconds modulo 65536, of sending')
  add('packet_sequence_number', packet.sequence)
  if (packet.counter >= 0) add('packet_counter', packet.counter, 'over all packet_ids')
  if (packet.flowWord >= 0) {
    const word = packet.flowWord
    add('TB', (word >> 13) & 3, 'type of bitrate')
    add('DS', (word >> 10) & 7, 'delay sensitivity')
    add('TP', (word >> 7) & 7, 'transmission priority')
    add('flow_label', word & 0x7f)
  }
  if (packet.extensionType >= 0)
    add('extension', `0x${packet.extensionType.toString(16)}`, `${packet.extensionEnd - packet.extensionStart} bytes`)
  if (packet.type === MMTP_TYPE.mpu) describeMpu(add, bytes, packet.payloadStart, packet.payloadEnd)
  return fields
}

function describeMpu(
  add: (name: string, value: string | number, note?: string) => void,
  bytes: Uint8Array,
  start: number,
  end: number,
): void {
  if (end - start < 8) return
  const flags = bytes[start + 2] as number
  const type = flags >> 4
  add('length', u16At(bytes, start), 'bytes of the MPU payload after this field')
  add('FT', type, FRAGMENT_TYPES[type] ?? 'reserved')
  add('T', (flags >> 3) & 1, 'timed media')
  add('f_i', (flags >> 1) & 3, INDICATORS[(flags >> 1) & 3])
  add('A', flags & 1, 'several data units')
  add('fragment_counter', bytes[start + 3] as number, 'fragments of the data unit to come')
  add('MPU_sequence_number', u32At(bytes, start + 4))
  const unit = start + 8 + ((flags & 1) === 0 ? 0 : 2)
  if (type !== MPU_FRAGMENT.mfu || end - unit < TIMED_UNIT_BYTES) return
  if ((flags & 8) === 0) {
    add('item_ID', u32At(bytes, unit))
    return
  }
  add('movie_fragment_sequence_number', u32At(bytes, unit))
  add('sample_number', u32At(bytes, unit + 4))
  add('offset', u32At(bytes, unit + 8))
  add('priority', bytes[unit + 12] as number)
  add('dep_counter', bytes[unit + 13] as number)
}
