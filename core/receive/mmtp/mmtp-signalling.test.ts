import { describe, expect, it } from 'vitest'
import { asServiceId } from '../../contract/ids.ts'
import type { SlsFragment } from '../../flow/facts.ts'
import { ObserverTee } from '../../flow/tee.ts'
import { Judge } from '../../inspect/rules/judge.ts'
import { serialiseAtsc3Body } from '../../protocol/mmtp/atsc3-message.ts'
import { serialiseMmtMessage } from '../../protocol/mmtp/message.ts'
import { MESSAGE_ID } from '../../protocol/mmtp/message-id.ts'
import { mmtMessageValues } from '../../protocol/mmtp/message-values.ts'
import { serialiseMpiBody, serialiseMpiTable } from '../../protocol/mmtp/mpi-table.ts'
import { serialiseSignedAtsc3 } from '../../protocol/mmtp/signed-message.ts'
import { play } from '../../testing/datagrams.ts'
import { DEFAULT_RECEIVE } from '../../testing/default-receive.ts'
import { MMT_SERVICE, mmtpCapture } from '../../testing/mmtp-capture.ts'
import { makeIdentity, signCms } from '../../testing/signing.ts'
import { Receiver } from '../receiver.ts'

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

/** Fragments of the service from further messages, and alarms. */
function received(messages: readonly Uint8Array[]) {
  const fragments: SlsFragment[] = []
  const alarms: string[] = []
  const judge = new Judge(({ rule, text }) => void alarms.push(`${rule}: ${text}`))
  const observer = new ObserverTee({
    slsFragment: (service, fragment) => {
      expect(service).toBe(MMT_SERVICE)
      fragments.push({ ...fragment, bytes: fragment.bytes.slice() })
    },
    found: (finding) => judge.found(finding),
  })
  const receive = { ...DEFAULT_RECEIVE, services: 'all' as const }
  const receiver = new Receiver({ targets: [{ kind: 'discover' }], receive }, { whole: () => {} }, observer)
  const sent = mmtpCapture({ mpus: 2, messages })
  play(sent, receiver)
  receiver.close(sent.at(-1)?.timeUs ?? 0)
  return { fragments, alarms, of: (type: string) => fragments.filter((each) => each.type === type) }
}

describe('MPI messages', () => {
  const content = (type: string, name: string, text: string) => ({
    type,
    name,
    descriptors: new Uint8Array(0),
    content: utf8(text),
  })
  const table = serialiseMpiTable({
    tableId: 0x10,
    version: 3,
    mode: 0,
    descriptors: new Uint8Array(0),
    contentCount: 3,
    contents: [
      content('application/mmt+xml', 'ci.xml', '<ci:CI xmlns:ci="urn:x"><view/></ci:CI>'),
      content('application/dash+xml', '', '<MPD xmlns="urn:mpeg:dash:schema:mpd:2011"/>'),
      content('text/plain', 'words.txt', 'words'),
    ],
    narrow: false,
    rest: new Uint8Array(0),
  })

  it('are read of a PA message that lists no tables, and one that is cut is an alarm', () => {
    const whole = serialiseMmtMessage(MESSAGE_ID.pa, 3, Uint8Array.from([0, ...table]))
    const { alarms, of } = received([whole])
    expect(alarms).toEqual([])
    expect(of('MPI').map(({ name, version }) => [name, version])).toEqual([['MPI', 3]])
    const cut = received([
      serialiseMmtMessage(MESSAGE_ID.pa, 4, Uint8Array.from([0, ...table, ...table.subarray(0, 9)])),
    ])
    expect(cut.of('MPI')).toHaveLength(1)
    expect(cut.alarms).toHaveLength(1)
    expect(cut.alarms[0]).toMatch(/^TABLE-ENTRY: PA: table\[2\] .* in a message that lists none/)
  })

  it('are listed once, their XML contents as fragments of their own', () => {
    const message = serialiseMmtMessage(0x10, 3, serialiseMpiBody({ table, mpTable: null }))
    const { fragments, alarms, of } = received([message])
    expect(alarms).toEqual([])
    expect(of('MPI').map(({ name, version }) => [name, version])).toEqual([['MPI', 3]])
    expect(mmtMessageValues('MPI', of('MPI')[0]?.bytes ?? new Uint8Array(0))).toMatchObject({
      contents: [
        { PI_content_name: 'ci.xml' },
        { PI_content_type: 'application/dash+xml' },
        { PI_content: '776f726473' },
      ],
    })
    expect(of('PI').map(({ name, version }) => [name, version])).toEqual([['ci.xml', 3]])
    expect(of('MPD').map(({ name }) => name)).toEqual(['MPI 2.xml'])
    expect(fragments.some(({ name }) => name === 'words.txt')).toBe(false)
  })
})

describe('signed ATSC messages', () => {
  const signer = makeIdentity('Station')
  const held = serialiseMmtMessage(
    MESSAGE_ID.atsc3,
    1,
    serialiseAtsc3Body({
      serviceId: asServiceId(MMT_SERVICE),
      contentType: 3,
      contentVersion: 4,
      compression: 2,
      uri: 'held.xml',
      content: utf8('<HELD xmlns="tag:atsc.org,2016:XMLSchemas/ATSC3/AppSignaling/HELD/1.0/"/>'),
    }),
  )
  const signature = signCms(held, signer, { certificates: [signer] })
  const wide = (body: Uint8Array): Uint8Array => {
    const head = Uint8Array.from([0x81, 0x01, 1, 0, 0, body.length >> 8, body.length & 255])
    return new Uint8Array(Buffer.concat([head, body]))
  }

  it.each(['16 bits', '32 bits'])('with a length of %s are read as the message inside, with a verdict', (width) => {
    const body = serialiseSignedAtsc3(held, signature)
    const message = width === '32 bits' ? wide(body) : serialiseMmtMessage(MESSAGE_ID.signedAtsc3, 1, body)
    const { alarms, of } = received([message])
    expect(alarms).toEqual([])
    expect(of('HELD').map(({ name, version, signature }) => [name, version, signature?.verdict])).toEqual([
      ['held.xml', 4, 'good'],
    ])
    expect(of('SIGNED-MA3').map(({ name, signature }) => [name, signature?.signer])).toEqual([
      ['SIGNED-MA3 HELD', expect.stringContaining('Station')],
    ])
  })

  it('may be signed over the content alone', () => {
    const content = utf8('<HELD/>')
    const inner = serialiseMmtMessage(
      MESSAGE_ID.atsc3,
      1,
      serialiseAtsc3Body({
        serviceId: asServiceId(1),
        contentType: 3,
        contentVersion: 1,
        compression: 1,
        uri: '',
        content,
      }),
    )
    const over = signCms(content, signer, { certificates: [signer] })
    const { of } = received([wide(serialiseSignedAtsc3(inner, over))])
    expect(of('HELD')[0]?.signature?.verdict).toBe('good')
  })

  it('are reported after a change, but used', () => {
    const body = serialiseSignedAtsc3(held, signCms(utf8('something else'), signer, { certificates: [signer] }))
    const { alarms, of } = received([wide(body)])
    expect(alarms).toEqual([expect.stringMatching(/^SLS-SIGNED: .*bad signature/)])
    expect(of('HELD').map(({ signature }) => signature?.verdict)).toEqual(['bad'])
  })

  it('without a certificate are not checked', () => {
    const { alarms, of } = received([wide(serialiseSignedAtsc3(held, signCms(held, signer)))])
    expect(alarms).toEqual([])
    expect(of('HELD').map(({ signature }) => signature?.verdict)).toEqual(['unchecked'])
  })
})
