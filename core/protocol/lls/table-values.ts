import { CodecError } from '../../bytes/codec-error.ts'
import type { JsonObject } from '../../contract/report.ts'
import { xmlRootName } from '../../xml/root-name.ts'
import { looksLikeXml, parseXml } from '../../xml/xml-parser.ts'
import type { SignerCertificate } from '../cms/certificate.ts'
import { toJson, xmlValues } from '../json-values.ts'
import { utcText } from '../ntp.ts'
import { LLS_LIMITS } from '../table-limits.ts'
import { readAeat } from './aeat.ts'
import { readCertificationData } from './certification-data.ts'
import { LLS_TABLE, llsTableName } from './lls-table.ts'
import { isOnscreenMessages, readOnscreenMessages } from './onscreen-message.ts'
import { parseSignedMultiTable } from './signed-multi-table.ts'
import { parseSlt } from './slt.ts'
import { readSystemTime, utcLocalOffsetSeconds } from './system-time.ts'

/** Root elements of tables with a registered id: the dedicated return channel table of A/323. */
const BY_ROOT: Readonly<Record<string, string>> = {
  DRCT: 'DRCT',
  DedicatedReturnChannelTable: 'DRCT',
  DedicatedReturnChannel: 'DRCT',
}

/** Name of a table by its id, or by its root element where the standard does not name the id. */
export function tableName(tableId: number, body: Uint8Array): string {
  if (tableId > LLS_TABLE.certificationData && tableId < LLS_TABLE.signedMultiTable) {
    const root = xmlRootName(body)
    if (root !== null && Object.hasOwn(BY_ROOT, root)) return BY_ROOT[root] as string
  }
  return llsTableName(tableId)
}

/**
 * The decoded values of a table: in a form of its own for each table of the standard, elements and attributes for other XML,
 * the list of tables for a SignedMultiTable. Called on demand, not per table.
 * @param body unpacked
 * @returns null for private bytes and unreadable tables
 */
export function tableValues(tableId: number, body: Uint8Array): JsonObject | null {
  try {
    if (tableId === LLS_TABLE.signedMultiTable) return signedValues(body)
    if (!looksLikeXml(body)) return null
    if (tableId === LLS_TABLE.slt) return toJson(parseSlt(body)) as JsonObject
    const root = parseXml(body, LLS_LIMITS.xml)
    if (tableId === LLS_TABLE.systemTime) {
      const time = readSystemTime(root)
      const seconds = time.utcLocalOffset === null ? null : utcLocalOffsetSeconds(time.utcLocalOffset)
      return toJson({ ...time, utcLocalOffsetSeconds: seconds }) as JsonObject
    }
    if (root.local === 'AEAT') return toJson(readAeat(root)) as JsonObject
    if (isOnscreenMessages(root)) return toJson(readOnscreenMessages(root)) as JsonObject
    if (root.local === 'CertificationData') {
      const { certificates, signature, ocspResponses, ...rest } = readCertificationData(root)
      return toJson({
        ...rest,
        certificates: certificates.map(certificateValues),
        signatureBytes: signature?.length ?? null,
        ocspResponseBytes: ocspResponses.map((each) => each.length),
      }) as JsonObject
    }
    return xmlValues(root)
  } catch (thrown) {
    if (thrown instanceof CodecError) return null
    throw thrown
  }
}

function signedValues(body: Uint8Array): JsonObject {
  const { tables, signature, signedBytes } = parseSignedMultiTable({ groupId: 0, groupCount: 1, body })
  return {
    tables: tables.map((each) => ({
      tableId: each.tableId,
      name: llsTableName(each.tableId),
      version: each.version,
      bytes: each.payload.length,
    })),
    signedBytes: signedBytes.length,
    signatureBytes: signature.length,
  }
}

/** A certificate as values: names, key and dates. */
function certificateValues(certificate: SignerCertificate): JsonObject {
  const { subject, issuer, serial, subjectKeyId, authorityKeyId, key, validFromUs, validToUs } = certificate
  return {
    subject,
    issuer,
    serial,
    subjectKeyId,
    authorityKeyId,
    key,
    validFrom: utcText(validFromUs),
    validTo: utcText(validToUs),
  }
}
