/*
 * Characters of CTA-608-E: standard ones (table 50, ASCII but for those below), special (table 51) and extended ones (tables 5 to 10).
 */

const STANDARD: Readonly<Record<number, string>> = {
  39: '’',
  42: 'á',
  92: 'é',
  94: 'í',
  95: 'ó',
  96: 'ú',
  123: 'ç',
  124: '÷',
  125: 'Ñ',
  126: 'ñ',
  127: '█',
}
/** 0x30 to 0x3f behind 0x11; 0x39 is a transparent space. */
const SPECIAL = '®°½¿™¢£♪à\u00a0èâêîôû'
/** 0x20 to 0x3f behind 0x12: Spanish, miscellaneous, French. */
const SPANISH_FRENCH = "ÁÉÓÚÜü‘¡*'—©℠•“”ÀÂÇÈÊËëÎÏïÔÙùÛ«»"
/** 0x20 to 0x3f behind 0x13: Portuguese, German, Danish. */
const PORTUGUESE_GERMAN = 'ÃãÍÌìÒòÕõ{}\\^_|~ÄäÖöß¥¤│ÅåØø┌┐└┘'

/** A standard character, 0x20 to 0x7f. */
export function standardCharacter(code: number): string {
  return STANDARD[code] ?? String.fromCharCode(code)
}

/** A special character by its second byte, 0x30 to 0x3f. */
export function specialCharacter(code: number): string {
  return SPECIAL[code - 0x30] ?? ' '
}

/** An extended character. @param set 0x12 or 0x13, of the first channel @param code 0x20 to 0x3f */
export function extendedCharacter(set: number, code: number): string {
  return (set === 0x12 ? SPANISH_FRENCH : PORTUGUESE_GERMAN)[code - 0x20] ?? ' '
}
