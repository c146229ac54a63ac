import { CaptureReader } from '../capture/capture-reader.ts'
import type { Receiver } from '../receive/receiver.ts'

/** Plays a capture into a receiver, which is closed at the end. */
export async function receiveCapture(file: string, receiver: Receiver): Promise<void> {
  const reader = new CaptureReader({ files: [file], pace: 'fast', loop: 1, nowUs: () => 0 })
  let lastUs = 0
  await reader.run(
    {
      datagram(flow, bytes, start, end, timeUs, frame) {
        lastUs = timeUs
        receiver.datagram(flow, bytes, start, end, timeUs, frame)
      },
    },
    receiver,
  )
  receiver.close(lastUs)
}
