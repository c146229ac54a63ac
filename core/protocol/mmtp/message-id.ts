/** message_id of MMT signalling (ISO/IEC 23008-1 §10.2, A/331 §7.2.3). Ranges end with their `last`. */
export const MESSAGE_ID = {
  pa: 0x0000,
  mpi: 0x0001,
  lastMpi: 0x0010,
  mpt: 0x0011,
  lastMpt: 0x0020,
  atsc3: 0x8100,
  signedAtsc3: 0x8101,
  scte35: 0xf337,
} as const

const NAMES: Readonly<Record<number, string>> = {
  0: 'PA',
  512: 'CRI',
  513: 'DCI',
  514: 'SSWR',
  515: 'AL_FEC',
  516: 'HRBM',
  517: 'MC',
  518: 'AC',
  519: 'AF',
  520: 'RQF',
  521: 'ADC',
  522: 'HRB-REMOVAL',
  523: 'LS',
  524: 'LR',
  525: 'NAMF',
  526: 'LDC',
  33024: 'MA3',
  33025: 'SIGNED-MA3',
  62263: 'SCTE-35',
}

/** Short name of a message; `MMT-0x….` for an unnamed one. */
export function messageName(id: number): string {
  if (id >= MESSAGE_ID.mpi && id <= MESSAGE_ID.lastMpi) return 'MPI'
  if (id >= MESSAGE_ID.mpt && id <= MESSAGE_ID.lastMpt) return 'MPT'
  return NAMES[id] ?? `MMT-0x${id.toString(16).padStart(4, '0')}`
}

/** True where `messageName` returns this name for some message. */
export function isMessageName(name: string): boolean {
  return name === 'MPI' || name === 'MPT' || name.startsWith('MMT-0x') || Object.values(NAMES).includes(name)
}

/** True where the length field of a message is 32 bits wide; 16 in all others. */
export function hasWideLength(id: number): boolean {
  return id <= MESSAGE_ID.lastMpi || id === MESSAGE_ID.atsc3
}
