import { connect } from 'node:net'

/*
 * Asks a server as fast as it answers: `node http-load.mjs PORT PATH CONNECTIONS SECONDS`. All answers must be as long as the first.
 * Prints the requests and bytes per second. Buffers are used again, so that it costs less than what it measures.
 */
const [port, path, connections, seconds] = process.argv.slice(2)
const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\n\r\n`)
let answers = 0
let bytes = 0
/** Length of an answer with its head; 0: not known yet. */
let length = 0
let begun = 0n

for (let at = 0; at < Number(connections); at++) open()

function open() {
  let had = 0
  let head = ''
  const socket = connect({
    port: Number(port),
    host: '127.0.0.1',
    noDelay: true,
    onread: {
      buffer: Buffer.alloc(1 << 18),
      callback: (count, buffer) => {
        if (length === 0) head += Buffer.from(buffer.subarray(0, count)).toString('latin1')
        had += count
        bytes += count
        if (length === 0) length = lengthOf(head)
        while (length > 0 && had >= length) {
          had -= length
          answers++
          socket.write(request)
        }
        return true
      },
    },
  })
  socket.on('connect', () => socket.write(request))
  socket.on('error', (error) => fail(error.message))
  // A server may end a connection after many requests.
  socket.on('close', () => (had === 0 ? open() : fail('a connection ended within an answer')))
}

/** @param {string} head */
function lengthOf(head) {
  const end = head.indexOf('\r\n\r\n')
  const [, size] = /^content-length: (\d+)/im.exec(head) ?? []
  if (end < 0) return 0
  if (!head.startsWith('HTTP/1.1 200') || size === undefined) fail(`the answer is ${head.slice(0, end)}`)
  return end + 4 + Number(size)
}

/** @param {string} reason */
function fail(reason) {
  console.error(reason)
  process.exit(1)
}

// What a server does with its first requests is not measured.
setTimeout(() => {
  answers = 0
  bytes = 0
  begun = process.hrtime.bigint()
  process.send?.('begun')
  setTimeout(() => {
    const passed = Number(process.hrtime.bigint() - begun) / 1e9
    console.log(JSON.stringify({ perSecond: answers / passed, bytesPerSecond: bytes / passed, answers }))
    process.exit(0)
  }, Number(seconds) * 1000)
}, 1000)
