import { mkdirSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { freePort } from '../testing/free-port.ts'
import { type ShapeName, writeShape } from '../testing/presentation-shapes.ts'
import { RunningProgram, sha256, TestFolder, type TreeEntry, treeOf } from '../testing/program.ts'

const folder = new TestFolder()
afterAll(() => folder.remove())

/** The line of a file that has arrived. */
const ending = (path: string): RegExp => new RegExp(`${path.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}"`)

type Transfer = { readonly sent: TreeEntry[]; readonly received: TreeEntry[] }

/** Sends a presentation to a receiver that is a process of its own, through the sockets of this machine. */
async function through(name: ShapeName): Promise<Transfer> {
  const input = folder.at(`${name} in`)
  const out = folder.at(`${name} out`)
  mkdirSync(input)
  const shape = writeShape(name, input)
  const url = `route://239.255.14.33:${await freePort()}`
  const network = ['--interface', '127.0.0.1']
  const receiver = new RunningProgram([
    'receive',
    url,
    ...network,
    '--out',
    out,
    '--log',
    'socket@info',
    '--json',
    '--timeout',
    '120',
  ])
  await receiver.printed('stderr', /Joined/)
  const { status, stderr } = await new RunningProgram(['send', shape.input, url, ...network, '--ttl', '0']).ended
  expect({ status, stderr }).toEqual({ status: 0, stderr: expect.stringMatching(/Sent \d+ packets, \d+ objects\.\n$/) })
  for (const path of shape.files.keys()) await receiver.printed('stdout', ending(path))
  await receiver.interrupt()
  const sent = [...shape.files].map(([path, bytes]) => ({
    path: `service1/${path}`,
    size: bytes.length,
    sha256: sha256(bytes),
  }))
  return { sent: sent.sort((a, b) => (a.path < b.path ? -1 : 1)), received: treeOf(out) }
}

// What is joined only after the first packets (atsc://, mabr://) is joined as fast as the machine can: those forms are compared
// where no clock decides, in send/matrix.test.ts and send-on.process.test.ts.
it('what is sent through the sockets of this machine arrives byte for byte', async () => {
  const names = ['DASH time', 'DASH list', 'HLS byte range', 'files'] as const
  // At once: each takes as long as it plays.
  for (const { sent, received } of await Promise.all(names.map(through))) expect(received).toEqual(sent)
})
