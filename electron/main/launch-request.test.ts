import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { fromPipe, launchRequest, readsStdin } from './launch-request.ts'

const here = import.meta.dirname

describe('launchRequest', () => {
  test('is empty where only switches and the app folder are given', () => {
    expect(launchRequest(['--no-sandbox', '--remote-debugging-port=0', here], '/')).toBeNull()
  })

  test('opens files, resolved against the working folder, with or without the word open', () => {
    const sources = [resolve('/captures/a.pcap'), resolve('/b.pcapng')]
    const asked = { sources, choices: {}, label: 'a.pcap and 1 more' }
    expect(launchRequest([here, 'a.pcap', '/b.pcapng'], '/captures')).toEqual(asked)
    expect(launchRequest([here, 'open', 'a.pcap', '/b.pcapng'], '/captures')).toEqual(asked)
  })

  test('takes every argument after -- for a source', () => {
    expect(launchRequest([here, 'open', '--', '-x.pcap', '--demo', 'open'], '/captures')).toEqual({
      sources: ['-x.pcap', '--demo', 'open'].map((name) => resolve('/captures', name)),
      choices: {},
      label: '-x.pcap and 2 more',
    })
    expect(launchRequest([here, '--interface', '127.0.0.1', '--', 'atsc://'], '/')).toMatchObject({
      sources: ['atsc://'],
      choices: { interfaces: ['127.0.0.1'] },
    })
    // A folder there is no app's folder: the engine says that it is no capture.
    expect(launchRequest([here, 'open', '--', here], '/')?.sources).toEqual([here])
  })

  test('accepts a URL with its interface in either spelling', () => {
    const url = 'route://239.1.1.1:6000/'
    const asked = { sources: [url], choices: { interfaces: ['127.0.0.1'] }, label: url }
    expect(launchRequest([url, '--interface', '127.0.0.1'], '/')).toEqual(asked)
    expect(launchRequest(['--interface=127.0.0.1', 'open', url], '/')).toEqual(asked)
    expect(launchRequest(['ATSC://'], '/')).toEqual({ sources: ['ATSC://'], choices: {}, label: 'ATSC://' })
  })

  test('accepts several URLs, and further options of the command line', () => {
    const args = ['open', 'atsc://', 'route://239.1.1.1:6000', '--receive-options={"keepCorrupt":true,"statsMs":1000}']
    expect(launchRequest(args, '/')).toEqual({
      sources: ['atsc://', 'route://239.1.1.1:6000'],
      choices: { keepCorrupt: true, statsMs: 1000 },
      label: 'atsc:// route://239.1.1.1:6000',
    })
    const odd = ['/a.pcap', '--receive-options={"keepCorrupt":"yes","nonsense":1}']
    expect(launchRequest(odd, '/')).toEqual({ sources: ['/a.pcap'], choices: {}, label: 'a.pcap' })
    expect(launchRequest(['/a.pcap', '--receive-options={'], '/')).toMatchObject({ choices: {} })
  })

  test('starts the demo', () => {
    const demo = { sources: ['demo:'], choices: {}, label: 'Demo' }
    expect(launchRequest(['--no-sandbox', here, '--demo'], '/')).toEqual(demo)
    expect(launchRequest([here, 'open', '--', 'demo:'], '/')).toEqual(demo)
  })

  test('puts a named pipe in place of standard input, which keeps its name', () => {
    const asked = launchRequest([here, 'open', '--', '-'], '/')
    expect(readsStdin(asked)).toBe(true)
    expect(readsStdin(launchRequest(['-'], '/'))).toBe(true)
    expect(fromPipe(asked, '/tmp/air')).toEqual({ sources: ['stdin:/tmp/air'], choices: {}, label: 'standard input' })
    expect(readsStdin(launchRequest(['route://239.1.1.1:6000/'], '/'))).toBe(false)
  })
})
