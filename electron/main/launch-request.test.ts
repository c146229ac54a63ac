import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fromPipe, launchRequest, readsStdin } from './launch-request.ts'

const here = import.meta.dirname

describe('launchRequest', () => {
  test('is empty where only switches and the app folder are given', () => {
    expect(launchRequest(['--no-sandbox', '--remote-debugging-port=0', here], '/')).toEqual({ kind: 'none' })
  })

  test('opens files, resolved against the working folder, with or without the word open', () => {
    const files = [resolve('/captures/a.pcap'), resolve('/b.pcapng')]
    expect(launchRequest([here, 'a.pcap', '/b.pcapng'], '/captures')).toEqual({ kind: 'capture', files, choices: {} })
    expect(launchRequest([here, 'open', 'a.pcap', '/b.pcapng'], '/captures')).toEqual({
      kind: 'capture',
      files,
      choices: {},
    })
  })

  test('accepts a URL with its interface in either spelling', () => {
    const asked = { kind: 'url', url: 'route://239.1.1.1:6000/', choices: { interfaces: ['127.0.0.1'] } }
    expect(launchRequest(['route://239.1.1.1:6000/', '--interface', '127.0.0.1'], '/')).toEqual(asked)
    expect(launchRequest(['--interface=127.0.0.1', 'open', 'route://239.1.1.1:6000/'], '/')).toEqual(asked)
    expect(launchRequest(['ATSC://'], '/')).toEqual({ kind: 'url', url: 'ATSC://', choices: {} })
  })

  test('accepts several URLs, and further options of the command line', () => {
    const args = ['open', 'atsc://', 'route://239.1.1.1:6000', '--receive-options={"keepCorrupt":true,"statsMs":1000}']
    expect(launchRequest(args, '/')).toEqual({
      kind: 'url',
      url: 'atsc:// route://239.1.1.1:6000',
      choices: { keepCorrupt: true, statsMs: 1000 },
    })
    const odd = ['/a.pcap', '--receive-options={"keepCorrupt":"yes","nonsense":1}']
    expect(launchRequest(odd, '/')).toEqual({ kind: 'capture', files: ['/a.pcap'], choices: {} })
    expect(launchRequest(['/a.pcap', '--receive-options={'], '/')).toMatchObject({ choices: {} })
  })

  test('starts the demo', () => {
    expect(launchRequest(['--no-sandbox', here, '--demo'], '/')).toEqual({ kind: 'demo' })
  })

  test('puts a named pipe in place of standard input', () => {
    const asked = launchRequest([here, 'open', '-'], '/')
    expect(readsStdin(asked)).toBe(true)
    expect(fromPipe(asked, '/tmp/air')).toEqual({ kind: 'url', url: 'pipe:/tmp/air', choices: {} })
    expect(readsStdin(launchRequest(['route://239.1.1.1:6000/'], '/'))).toBe(false)
  })
})
