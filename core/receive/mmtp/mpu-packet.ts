import { MmtpPacket } from '../../protocol/mmtp/mmtp-packet.ts'
import { MpuPayload } from '../../protocol/mmtp/mpu-payload.ts'

/** One packet of MMTP, from a session to the asset of its MPU; one record, reused for each packet. */
export class MpuPacket {
  readonly header = new MmtpPacket()
  /** Read where the packet has an MPU. */
  readonly payload = new MpuPayload()
  /** The datagram begins at `start`. */
  bytes: Uint8Array = new Uint8Array(0)
  start = 0
  timeUs = 0
  frame = 0
}
