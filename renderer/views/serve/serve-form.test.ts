import { describe, expect, it } from 'vitest'
import { choiceName } from '../../../core/contract/choices.ts'
import { PARTS } from '../../testing/parts.ts'
import { exposuresOf, onHost, serveChoices, serveLines, serveRows } from './serve-form.ts'

const things = { read: ['/srv/a b', ' '], write: '', streams: [], listen: '127.0.0.1:0' }

describe('the Serve form', () => {
  it('has the options of serve that have no field of their own', () => {
    const names = serveRows(PARTS, true).map(choiceName)
    expect(names).toEqual(expect.arrayContaining(['listing', 'cors', 'maxUpload', 'cert', 'users', 'hold']))
    const ofStreams = ['streamPace', 'hold', 'ice', 'iceName', 'iceTitle', 'maxQueue', 'quit']
    expect(serveRows(PARTS, false).map(choiceName)).toEqual(names.filter((name) => !ofStreams.includes(name)))
    expect(names).toEqual(expect.arrayContaining(ofStreams))
    for (const own of ['serveRead', 'serveListen', 'headers', 'services']) expect(names).not.toContain(own)
  })

  it('makes choices and a command line, and none while there is nothing to serve or no address', () => {
    const choices = serveChoices({ ...things, write: ' /srv/up ' }, { listing: true })
    expect(choices).toEqual({
      listing: true,
      serveListen: '127.0.0.1:0',
      serveRead: ['/srv/a b'],
      serveWrite: '/srv/up',
    })
    expect(serveLines(PARTS, choices ?? {}).ours).toBe(
      "routescope serve --listen 127.0.0.1:0 --read '/srv/a b' --write /srv/up --list",
    )
    expect(serveChoices({ ...things, read: [''] }, {})).toBeNull()
    expect(serveChoices({ ...things, listen: '127.0.0.1' }, {})).toBeNull()
    expect(serveChoices({ ...things, read: [], streams: ['/a=b'] }, {})).toMatchObject({ serveStreams: ['/a=b'] })
  })

  it.each([
    ['127.0.0.1:80', '', null],
    ['localhost:80', '', null],
    ['[::1]:80', '', null],
    [':80', '', null],
    ['0.0.0.0:80', '', 'Every computer that reaches this one, on any of its networks, can read what is served.'],
    ['[::]:80', '', 'Every computer that reaches this one, on any of its networks, can read what is served.'],
    ['192.0.2.1:80', '/up', 'Every computer that reaches 192.0.2.1 can read what is served and write into /up.'],
  ])('asks before other computers reach %s', (listen, write, sentence) => {
    expect(exposuresOf({ listen, write })).toEqual(sentence === null ? [] : [sentence])
  })

  it('changes the host of an address', () => {
    expect(onHost('127.0.0.1:81', '0.0.0.0')).toBe('0.0.0.0:81')
    expect(onHost('nonsense', '0.0.0.0')).toBe('0.0.0.0:8080')
  })
})
