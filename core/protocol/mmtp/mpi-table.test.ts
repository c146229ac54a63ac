import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { CodecError } from '../../bytes/codec-error.ts'
import { bytesToHex, hexToBytes } from '../../bytes/hex.ts'
import { parseMmtMessage, serialiseMmtMessage } from './message.ts'
import { readMessageFields } from './message-fields.ts'
import { messageValues, mmtMessageValues } from './message-values.ts'
import { parseMpiBody, parseMpiTable, serialiseMpiBody, serialiseMpiTable } from './mpi-table.ts'

/** Complete table with one content of type `t`, named `n`, without descriptors: `<a/>`. */
const WIDE = '10 02 0010 f7 0000 01 01 74 01 6e 0000 0004 3c612f3e'
/** The same with an 8-bit length of a content's descriptors. */
const NARROW = '10 02 000f f7 0000 01 01 74 01 6e 00 0004 3c612f3e'

describe('MPI tables', () => {
  it.each([
    [WIDE, false],
    [NARROW, true],
  ])('are read and written: %s', (hex, narrow) => {
    const bytes = hexToBytes(hex)
    const table = parseMpiTable(bytes)
    expect(table).toMatchObject({ tableId: 0x10, version: 2, mode: 1, contentCount: 1, narrow })
    expect(table.contents.map(({ type, name, content }) => [type, name, bytesToHex(content)])).toEqual([
      ['t', 'n', '3c612f3e'],
    ])
    expect(table.rest).toHaveLength(0)
    expect(bytesToHex(serialiseMpiTable(table))).toBe(bytesToHex(bytes))
  })

  it('are written as read', () => {
    const bytes = fc.uint8Array({ maxLength: 20 })
    const content = fc.record({
      type: fc.string({ maxLength: 20 }),
      name: fc.string({ maxLength: 20 }),
      descriptors: bytes,
      content: bytes,
    })
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 16 }),
        fc.integer({ min: 0, max: 3 }),
        bytes,
        fc.array(content, { maxLength: 5 }),
        (tableId, mode, descriptors, contents) => {
          const table = {
            tableId,
            version: 7,
            mode,
            descriptors,
            contentCount: contents.length,
            contents,
            narrow: false,
            rest: new Uint8Array(0),
          }
          expect(parseMpiTable(serialiseMpiTable(table))).toEqual(table)
        },
      ),
    )
  })

  it('keep the unreadable rest and the announced number of contents', () => {
    const cut = hexToBytes('10 02 0010 f7 0000 02 01 74 01 6e 0000 0004 3c61')
    const table = parseMpiTable(cut)
    expect(table).toMatchObject({ contentCount: 2, contents: [], narrow: false })
    expect(table.rest).toHaveLength(10)
    expect(mmtMessageValues('MPI', cut)).toMatchObject({ PI_content_count: 2, not_understood: expect.any(String) })
    for (let end = 0; end < 8; end++)
      expect(() => parseMpiTable(cut.subarray(0, end))).toThrowError(expect.objectContaining({ code: 'mmt-mpi' }))
  })

  it('are read from a message, with and without an MP table', () => {
    for (const mpTable of [null, hexToBytes('20 01 0000')]) {
      const body = { table: hexToBytes(WIDE), mpTable }
      const message = parseMmtMessage(serialiseMmtMessage(0x10, 1, serialiseMpiBody(body)))
      expect(message.name).toBe('MPI')
      expect(parseMpiBody(message.body)).toEqual(body)
    }
    expect(() => parseMpiBody(hexToBytes('ff 10'))).toThrow(CodecError)
  })

  it('list their contents for display, XML without its text', () => {
    expect(mmtMessageValues('MPI', hexToBytes(WIDE))).toEqual({
      table_id: 0x10,
      version: 2,
      PI_mode: 1,
      PI_content_count: 1,
      contents: [{ PI_content_type: 't', PI_content_name: 'n', PI_content_length: 4 }],
    })
  })
})

describe('fields of other messages', () => {
  const fieldsOf = (id: number, hex: string) => readMessageFields(id, hexToBytes(hex))

  it('are read up to the first uncertain width', () => {
    expect(fieldsOf(0x0204, '000003e8 00000000 00000000')).toEqual({
      as_of_2017: { max_buffer_size: 1000, fixed_end_to_end_delay: 0, max_transmission_delay: 0 },
      as_of_2014: { fixed_end_to_end_delay: 1000, max_transmission_delay: 0, max_buffer_size: 0 },
    })
    expect(fieldsOf(0x020a, '01 01 00010000 80')).toEqual({
      operation_modes: [{ data_removal_type: 1, max_decapsulation_buffer_size: 65_536 }],
      buffer_management: 0x80,
    })
    expect(fieldsOf(0x0203, 'fd 0017 01 01 02 02 0023 0024 13 0400 07 01 000100 000010 00000064 00001000')).toEqual({
      fec_flag: 1,
      private_fec_flag: 0,
      length_of_fec_flow_descriptor: 23,
      fec_flows: [
        {
          fec_flow_id: 1,
          source_flow_id: 2,
          packet_ids: [35, 36],
          fec_coding_structure: 1,
          ssbg_mode: 0,
          ffsrpts_flag: 1,
          length_of_repair_symbol: 1024,
          repair_flows: [
            {
              repair_flow_id: 7,
              fec_code_id_for_repair_flow: 1,
              maximum_k_for_repair_flow: 256,
              maximum_p_for_repair_flow: 16,
              protection_window_time: 100,
              protection_window_size: 4096,
            },
          ],
        },
      ],
    })
    expect(fieldsOf(0x0209, '00000001 00000002 03 0000175d 0023 aabb')).toEqual({
      validity_start_time: 1,
      validity_duration: 2,
      ADC_level_flag: 1,
      flow_label_flag: 1,
      MPU_sequence_number: 5981,
      packet_id: 35,
      more: 'aabb',
    })
    expect(fieldsOf(0x020e, '00000007 02 00000005 80000006')).toMatchObject({
      base_presentation_time_offset: 3,
      sample_composition_time_offsets: [5, -6],
    })
    expect(fieldsOf(0x0201, '22 01 0010 01 00000001 00000003 616263 ff')).toMatchObject({
      number_of_assets: 1,
      first_asset: { asset_id: 'abc' },
      more: 'ff',
    })
    expect(fieldsOf(0x0208, '01 00000002 00000003 00000004 00000005 00000006')).toMatchObject({
      packet_loss_ratio: 1,
      feedback_timestamp: 6,
    })
    expect(fieldsOf(0x7777, 'aa')).toEqual({})
  })

  it('relate clocks, with 8- and 16-bit descriptor lengths', () => {
    const sample = '05 fc0000000100 e6000000 80000000'
    for (const head of ['0000 0f', '0000 000f']) {
      const fields = fieldsOf(0x0200, `21 01 0014 01 ${head} ${sample}`)
      expect(fields.clock_relations).toEqual([
        { clock_relation_id: 5, STC_sample: 256, NTP_timestamp_sample: expect.stringContaining('2022') },
      ])
    }
  })

  it('are marked as truncated for any bytes', () => {
    expect(fieldsOf(0x0204, '0000')).toEqual({ cut: true })
    fc.assert(
      fc.property(
        fc.constantFrom(0x200, 0x201, 0x203, 0x204, 0x208, 0x209, 0x20a, 0x20e),
        fc.uint8Array(),
        (id, body) => {
          expect(readMessageFields(id, body)).toBeTypeOf('object')
        },
      ),
    )
  })

  it('precede the bytes', () => {
    const message = parseMmtMessage(hexToBytes('0204 01 86a0 000003e8 00000000 00000000'))
    expect(messageValues(message)).toMatchObject({
      length: 0x86a0,
      as_of_2014: { fixed_end_to_end_delay: 1000 },
      body: '000003e80000000000000000',
    })
  })

  it('have a length of either width in ADC', () => {
    for (const hex of ['0209 01 0002 aabb', '0209 01 00000002 aabb'])
      expect(bytesToHex(parseMmtMessage(hexToBytes(hex)).body)).toBe('aabb')
  })
})
