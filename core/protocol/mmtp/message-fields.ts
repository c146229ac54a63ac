import { ByteReader } from '../../bytes/byte-reader.ts'
import { CodecError } from '../../bytes/codec-error.ts'
import { bytesToHex } from '../../bytes/hex.ts'
import type { JsonObject, JsonValue } from '../../contract/report.ts'
import { ntpToUnixUs, utcText } from '../ntp.ts'
import { identifierText } from './mp-table.ts'

/** Most entries shown of one list. */
const MAX_ENTRIES = 256

/**
 * Fields of the ISO/IEC 23008-1 messages without a table of their own. The layouts are those of an open receiver of the 2014
 * edition and, for HRBM, of a dissector of the 2017 edition; no available capture has valid ones, so the caller shows the bytes
 * too. A truncated or uncertain rest ends with `more`.
 * @returns empty for messages of unknown layout
 */
export function readMessageFields(id: number, body: Uint8Array): JsonObject {
  const read = READERS[id]
  if (read === undefined) return {}
  const reader = new ByteReader(body, 0, body.length, 'mmt-fields')
  const fields: { [name: string]: JsonValue } = {}
  try {
    read(reader, fields)
  } catch (thrown) {
    if (!(thrown instanceof CodecError)) throw thrown
    fields.cut = true
  }
  return fields
}

type Fields = { [name: string]: JsonValue }
type Read = (reader: ByteReader, fields: Fields) => void

const READERS: Readonly<Record<number, Read>> = {
  512: readClockRelations,
  513: readCapabilities,
  515: readAlFec,
  516: readBufferModel,
  520: readReceptionQuality,
  521: readAssetDelivery,
  522: readBufferRemoval,
  526: readLowDelay,
}

/** Times in ms and sizes in bytes. The editions order them differently, and senders follow either. */
function readBufferModel(reader: ByteReader, fields: Fields): void {
  const [first, second, third] = [reader.u32('HRBM'), reader.u32('HRBM'), reader.u32('HRBM')]
  fields.as_of_2017 = { max_buffer_size: first, fixed_end_to_end_delay: second, max_transmission_delay: third }
  fields.as_of_2014 = { fixed_end_to_end_delay: first, max_transmission_delay: second, max_buffer_size: third }
}

function readBufferRemoval(reader: ByteReader, fields: Fields): void {
  const modes: JsonObject[] = []
  fields.operation_modes = modes
  for (let left = reader.u8('number_of_operation_modes'); left > 0; left--) {
    modes.push({
      data_removal_type: reader.u8('data_removal_type'),
      max_decapsulation_buffer_size: reader.u32('max_decapsulation_buffer_size'),
    })
  }
  // The bit position of the flag is uncertain; with the reserved bits set, both readings agree.
  fields.buffer_management = reader.u8('buffer_management_valid')
}

/** CRI descriptors have a 16-bit length in the table of the first edition, otherwise 8 bits. */
function readClockRelations(reader: ByteReader, fields: Fields): void {
  tableHead(reader, fields)
  const relations: JsonObject[] = []
  fields.clock_relations = relations
  for (let left = reader.u8('number_of_CRI_descriptor'); left > 0; left--) {
    reader.skip(2, 'descriptor_tag')
    const length = reader.u8('descriptor_length')
    if (length === 0) reader.skip(1, 'descriptor_length')
    const id = reader.u8('clock_relation_id')
    const stc = reader.u48('STC_sample') % 2 ** 42
    const [seconds, fraction] = [reader.u32('NTP_timestamp_sample'), reader.u32('NTP_timestamp_sample')]
    relations.push({
      clock_relation_id: id,
      STC_sample: stc,
      NTP_timestamp_sample: utcText(ntpToUnixUs(seconds, fraction)),
    })
  }
}

/** The form of an asset's MIME type is uncertain: only the id of the first asset is read. */
function readCapabilities(reader: ByteReader, fields: Fields): void {
  tableHead(reader, fields)
  fields.number_of_assets = reader.u8('number_of_assets')
  if (fields.number_of_assets === 0) return
  const scheme = reader.u32('asset_id_scheme')
  const id = reader.borrow(reader.u32('asset_id_length'), 'asset_id')
  fields.first_asset = { asset_id_scheme: scheme, asset_id: identifierText({ kind: 'asset-id', scheme, id }) }
  more(reader, fields)
}

function readAlFec(reader: ByteReader, fields: Fields): void {
  const flags = reader.u8('fec_flag')
  fields.fec_flag = flags & 1
  fields.private_fec_flag = (flags >> 1) & 1
  if ((flags & 1) === 0) return
  fields.length_of_fec_flow_descriptor = reader.u16('length_of_fec_flow_descriptor')
  const flows: JsonObject[] = []
  fields.fec_flows = flows
  for (let left = reader.u8('number_of_fec_flows'); left > 0; left--) {
    const flow: Fields = {}
    flows.push(flow)
    flow.fec_flow_id = reader.u8('fec_flow_id')
    flow.source_flow_id = reader.u8('source_flow_id')
    const ids: number[] = []
    flow.packet_ids = ids
    for (let asset = reader.u8('number_of_assets'); asset > 0; asset--) ids.push(reader.u16('packet_id'))
    const coding = reader.u8('fec_coding_structure')
    const [structure, mode] = [coding >> 4, (coding >> 2) & 3]
    flow.fec_coding_structure = structure
    flow.ssbg_mode = mode
    flow.ffsrpts_flag = (coding >> 1) & 1
    flow.length_of_repair_symbol = reader.u16('length_of_repair_symbol')
    if (mode === 2) {
      flow.num_of_repair_symbol_per_packet = reader.u16('num_of_repair_symbol_per_packet')
      flow.num_of_symbol_element_per_source_symbol = reader.u16('num_of_symbol_element_per_source_symbol')
    }
    // The form of private fields is uncertain, and layered ones follow them.
    if ((flags & 2) !== 0 || structure > 2) {
      more(reader, fields)
      return
    }
    if (structure === 0) continue
    if (structure === 2) flow.num_of_sub_block_per_source_block = reader.u8('num_of_sub_block_per_source_block')
    const repair: JsonObject[] = []
    flow.repair_flows = repair
    for (let each = structure === 2 ? reader.u8('number_of_parity_flows') : 1; each > 0; each--) {
      repair.push({
        repair_flow_id: reader.u8('repair_flow_id'),
        fec_code_id_for_repair_flow: reader.u8('fec_code_id_for_repair_flow'),
        maximum_k_for_repair_flow: reader.u24('maximum_k_for_repair_flow'),
        maximum_p_for_repair_flow: reader.u24('maximum_p_for_repair_flow'),
        protection_window_time: reader.u32('protection_window_time'),
        protection_window_size: reader.u32('protection_window_size'),
      })
    }
  }
}

/** The quality and bit rate descriptors after packet_id have uncertain widths. */
function readAssetDelivery(reader: ByteReader, fields: Fields): void {
  fields.validity_start_time = reader.u32('validity_start_time')
  fields.validity_duration = reader.u32('validity_duration')
  const flags = reader.u8('ADC_level_flag')
  fields.ADC_level_flag = flags & 1
  fields.flow_label_flag = (flags >> 1) & 1
  if ((flags & 1) !== 0) fields.MPU_sequence_number = reader.u32('MPU_sequence_number')
  fields.packet_id = reader.u16('packet_id')
  more(reader, fields)
}

function readReceptionQuality(reader: ByteReader, fields: Fields): void {
  fields.packet_loss_ratio = reader.u8('packet_loss_ratio')
  for (const name of [
    'inter_arrival_jitter',
    'max_transmission_delay',
    'min_transmission_delay',
    'propagation_delay',
    'feedback_timestamp',
  ])
    fields[name] = reader.u32(name)
}

function readLowDelay(reader: ByteReader, fields: Fields): void {
  const word = reader.u32('base_presentation_time_offset')
  fields.base_presentation_time_offset = word >>> 1
  fields.coding_dependency_structure_flag = word & 1
  if ((word & 1) === 0) return
  const offsets: number[] = []
  fields.sample_composition_time_offsets = offsets
  for (let left = reader.u8('period_of_intra_coded_sample'); left > 0 && offsets.length < MAX_ENTRIES; left--) {
    const offset = reader.u32('sample_composition_time_offset')
    offsets.push(offset >>> 31 === 0 ? offset : -(offset & 0x7fff_ffff))
  }
}

function tableHead(reader: ByteReader, fields: Fields): void {
  fields.table_id = reader.u8('table_id')
  fields.table_version = reader.u8('version')
  reader.skip(2, 'length')
}

function more(reader: ByteReader, fields: Fields): void {
  if (reader.remaining > 0) fields.more = bytesToHex(reader.borrow(Math.min(reader.remaining, MAX_ENTRIES), 'more'))
}
