import type { Severity } from './report.ts'
import type { LogTopic } from './session-spec.ts'

/** Editions of standards, and an implementation, by which a signal is judged; without one the severities of the rows apply. */
export const RULE_PROFILES = ['a331-2017', 'a331-2019', 'rfc9223', 'dvb-mabr', 'gpac'] as const
export type RuleProfile = (typeof RULE_PROFILES)[number]

/** Scope in which a rule is raised once; later findings are counted. `each`: every finding is an alarm. */
export type RuleScope = 'each' | 'session' | 'destination' | 'channel' | 'service'

/** One health rule. */
export type RuleRow = {
  readonly severity: Severity
  /** Severity by profile where it differs; `off`: no alarm. */
  readonly profiles?: Readonly<Partial<Record<RuleProfile, Severity | 'off'>>>
  /** 1: tuning or decoding is impossible, 2: to be watched, 3: good practice. */
  readonly priority: 1 | 2 | 3
  readonly topic: LogTopic
  /** Document and clause of the rule; `ours` where no document has it. */
  readonly clause: string
  /** Limit that a person can change. */
  readonly threshold?: { readonly value: number; readonly unit: string }
  readonly once: RuleScope
  /** Sentence with `{slots}` for the evidence, or several by name. */
  readonly sentence: string | Readonly<Record<string, string>>
  /** Severity of a named sentence where it differs from the rule's. */
  readonly severities?: Readonly<Record<string, Severity>>
}

/** Every health rule by its id. To add one, see "Add a rule" in CONTRIBUTING.md. */
export const RULES = {
  // Low level signalling
  'LLS-GZIP': {
    severity: 'error',
    priority: 1,
    topic: 'lls',
    clause: 'A/331 6.2',
    once: 'each',
    sentence: 'The LLS table {table} cannot be read ({code}): {message}',
  },
  'LLS-XML': {
    severity: 'error',
    priority: 1,
    topic: 'lls',
    clause: 'A/331 6.2',
    once: 'each',
    sentence: 'The LLS table {table} cannot be read ({code}): {message}',
  },
  'LLS-SIGNED': {
    severity: 'error',
    priority: 2,
    topic: 'lls',
    clause: 'A/331 5.9, A/360',
    once: 'each',
    sentence: '{what} has a bad signature. {reason}',
  },
  'LLS-CDT': {
    severity: 'warning',
    priority: 2,
    topic: 'lls',
    clause: 'A/331 5.9, A/360',
    threshold: { value: 30, unit: 'days of validity left' },
    once: 'session',
    sentence: {
      expired: 'The certificate of {subject} expired on {date}',
      early: 'The certificate of {subject} is not valid before {date}',
      soon: 'The certificate of {subject} expires on {date}',
    },
  },
  'SLT-NUMBER': {
    severity: 'info',
    priority: 3,
    topic: 'route',
    clause: 'A/331 6.3 (ours)',
    once: 'each',
    sentence: 'Service {listed} of the SLT has the number {number} here: {other} had that number first',
  },
  'SIG-ADDRESS': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'A/331 6.3.3, 7.1.4 (ours)',
    once: 'service',
    sentence: '{table} names {address}, which {reason}: it is not joined',
  },
  'TWO-SENDERS': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'RFC 5651 5.1',
    once: 'destination',
    sentence:
      'Two senders on {destination} ({first}, {second}) send different things under one TSI; only what {first} sends is kept: choose one with --source',
  },
  'OBJ-CHANGED': {
    severity: 'warning',
    priority: 1,
    topic: 'route',
    clause: 'RFC 9223 2.1 (ours)',
    once: 'channel',
    sentence: '{object}: its bytes changed while it was received: the sender began again, or two of them send at once',
  },
  // Silence
  'SIGNAL-GONE': {
    severity: 'error',
    priority: 1,
    topic: 'socket',
    clause: 'ours',
    threshold: { value: 3, unit: 's' },
    once: 'each',
    sentence: {
      gone: 'The signal is gone: no packet since {since}, more than {limit} s{end}',
      back: 'The signal is back: no packet came from {since} to {until}, for {seconds} s',
    },
    severities: { back: 'info' },
  },
  'SERVICE-SILENT': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'ours',
    threshold: { value: 5, unit: 's' },
    once: 'each',
    sentence: {
      silent: '{service} is silent while others are sent: no packet since {since}, more than {limit} s{end}',
      back: '{service} is sent again: no packet came from {since} to {until}, for {seconds} s',
    },
    severities: { back: 'info' },
  },
  // What comes too seldom, or not at all
  'LLS-PRESENT': {
    severity: 'error',
    priority: 1,
    topic: 'lls',
    clause: 'A/331 6.1, 6.3',
    threshold: { value: 5, unit: 's' },
    once: 'session',
    sentence: 'No LLS came within {limit} s of listening to 224.0.23.60:4937',
  },
  'LLS-SLT-INTERVAL': {
    severity: 'error',
    priority: 1,
    topic: 'lls',
    clause: 'A/331 6.3, 5.9',
    threshold: { value: 5, unit: 's' },
    once: 'session',
    sentence: '{table} {gap}; it is to come every {limit} s at least',
  },
  'LLS-SLT-SLOW': {
    severity: 'info',
    priority: 3,
    topic: 'lls',
    clause: 'A/331 6.3',
    threshold: { value: 1, unit: 's' },
    once: 'session',
    sentence: '{table} comes every {interval} s; once in {limit} s is better',
  },
  'LLS-ST-INTERVAL': {
    severity: 'error',
    priority: 1,
    topic: 'lls',
    clause: 'A/331 6.4',
    threshold: { value: 5, unit: 's' },
    once: 'session',
    sentence: '{table} {gap}; it is to come every {limit} s at least',
  },
  'LLS-VERSION': {
    severity: 'error',
    priority: 2,
    topic: 'lls',
    clause: 'A/331 6.2',
    once: 'session',
    sentence:
      '{table} changed{times}, its version is still {version}: receivers that have this version do not read it again',
  },
  'SLS-PRESENT': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'A/331 7, 7.1',
    threshold: { value: 5, unit: 's' },
    once: 'service',
    sentence: {
      packets: '{service}: no packet came to {destination} within {limit} s, although the SLT names it',
      none: '{service}: no signalling (TSI 0 of {destination}) came within {limit} s, although the SLT names it',
      part: '{service}: its signalling has no {missing} after {limit} s',
    },
  },
  'SLS-INTERVAL': {
    severity: 'error',
    priority: 2,
    topic: 'route',
    clause: 'ours',
    threshold: { value: 5, unit: 's; usual is a fifth of it' },
    once: 'service',
    sentence: {
      late: '{table} {gap}; it is to come every {limit} s at least',
      slow: '{table} comes every {interval} s; once in {limit} s is right: it is the time of tuning in',
    },
    severities: { slow: 'warning' },
  },
  'SLS-VERSION': {
    severity: 'error',
    priority: 2,
    topic: 'route',
    clause: 'A/331 7.1.1, Annex C',
    once: 'service',
    sentence:
      '{table} changed{times}, its version is still {version}: receivers that have this version do not read it again',
  },
  'MPD-INTERVAL': {
    severity: 'warning',
    priority: 2,
    topic: 'dash',
    clause: 'ours',
    threshold: { value: 5, unit: 's, or twice the usual interval' },
    once: 'service',
    sentence: '{table} {gap}, although it is usually repeated; at most {limit} s are right',
  },
  'RATE-DROP': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'ours',
    threshold: { value: 3, unit: 's, or two segments' },
    once: 'each',
    sentence: {
      stopped: '{channel} has stopped while its service goes on: no packet since {since}, more than {limit} s{end}',
      back: '{channel} is sent again: no packet came from {since} to {until}, for {seconds} s',
      changed: '{channel} has {rate} kbit/s over {window} s, {percent} % of the mean of a minute ({mean} kbit/s)',
    },
    severities: { back: 'info', changed: 'warning' },
  },
  'SEG-LATE': {
    severity: 'warning',
    priority: 1,
    topic: 'dash',
    clause: 'DASH-IF IOP Timing 13.3',
    threshold: { value: 0.1, unit: 's after the availability start' },
    once: 'channel',
    sentence: '{segments} of {channel} came after their availability start, {worst} by {late} s{more}',
  },
  'SEG-TFDT': {
    severity: 'error',
    priority: 1,
    topic: 'dash',
    clause: 'ISO/IEC 23009-1 6.3.4.2',
    once: 'channel',
    sentence: '{object} has no decode time (tfdt) in its first track fragment: browsers play nothing of it',
  },
  'STSID-MPD-MATCH': {
    // An error where nothing of an adaptation set is carried.
    severity: 'warning',
    priority: 1,
    topic: 'dash',
    clause: 'A/331 A.3.3.2.7, 7.1',
    threshold: { value: 3, unit: 's, or two segments' },
    once: 'each',
    sentence: {
      one: '{manifest} announces representation {representations}, which no TSI carries',
      more: '{manifest} announces representations {representations}, which no TSI carries',
    },
  },
  // Link layer
  'ALP-TABLE': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'A/330 7.1',
    once: 'each',
    sentence: 'The link-layer table {table} cannot be read ({code}): {message}',
  },
  'ALP-SEGMENTS': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'A/330 5.1',
    once: 'each',
    sentence: 'In {link}: {losses}',
  },
  'STLTP-SEQ': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'A/324 8, 9',
    once: 'each',
    sentence: 'In {link}: {losses}',
  },
  // Service layer signalling
  'SLS-GZIP': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'A/331 7.1.2',
    once: 'each',
    sentence: 'The SLS object with {object} cannot be read ({code}): {message}',
  },
  'SLS-PACKAGE': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'A/331 7.1.2',
    once: 'each',
    sentence: 'The SLS package with {object} cannot be read ({code}): {message}',
  },
  'SLS-XML': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'A/331 7.1',
    once: 'each',
    sentence: '{what} cannot be read ({code}): {message}',
  },
  'USBD-XML': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'A/331 7.1.3',
    once: 'each',
    sentence: '{what} cannot be read ({code}): {message}',
  },
  'STSID-XML': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'A/331 7.1.4',
    once: 'each',
    sentence: '{what} cannot be read ({code}): {message}',
  },
  'MPD-XML': {
    severity: 'error',
    priority: 1,
    topic: 'dash',
    clause: 'A/331 7.1.5, ISO 23009-1, RFC 8216 4.3.1.1',
    once: 'each',
    sentence: '{what} cannot be read ({code}): {message}',
  },
  'SLS-SIGNED': {
    severity: 'error',
    priority: 3,
    topic: 'route',
    clause: 'A/331 5.9',
    once: 'each',
    sentence: '{what} has a bad signature. {reason}',
  },
  'TABLE-ENTRY': {
    severity: 'warning',
    priority: 2,
    topic: 'route',
    clause: 'A/331 6, 7, RFC 6726 3.4.2, TS 103 769 10, ISO 23009-1',
    once: 'service',
    sentence: {
      one: '{table}: {entries} is left out',
      more: '{table}: {count} entries are left out: {entries}',
    },
  },
  'XML-FORM': {
    severity: 'warning',
    priority: 3,
    topic: 'route',
    clause: 'XML 1.0 2.4, 4.3.3',
    once: 'service',
    sentence: {
      ampersand: '{table}: {places} times "&" where XML has "&amp;", the first in {where}; it is read as text',
      encoding:
        '{table} is not in UTF-8, as it says (the first at {where}); the rest is read as Windows-1252 (Latin-1)',
    },
    severities: { encoding: 'info' },
  },
  'SLS-TOI-BITS': {
    severity: 'info',
    profiles: { 'a331-2019': 'warning', rfc9223: 'off', 'dvb-mabr': 'off' },
    priority: 3,
    topic: 'route',
    clause: 'A/331 Annex C',
    once: 'service',
    sentence: 'SLS TOI {toi} announces {announced}: {mismatch}',
  },
  'STSID-TSI': {
    severity: 'warning',
    profiles: { 'a331-2017': 'error', 'a331-2019': 'error' },
    priority: 1,
    topic: 'route',
    clause: 'A/331 A.3.4, A.3.10.2',
    once: 'channel',
    sentence: {
      undeclared: '{channel} is on air at {destination} but no S-TSID declares it',
      silent:
        'The S-TSID declares {channel} at {destination} for representation {representation}, but nothing came within {limit} s',
    },
    severities: { silent: 'error' },
  },
  'MABR-XML': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'TS 103 769 10',
    once: 'each',
    sentence: 'The gateway configuration cannot be read ({code}): {message}',
  },
  'MABR-CONFIG': {
    severity: 'warning',
    priority: 2,
    topic: 'route',
    clause: 'TS 103 769 10',
    once: 'each',
    sentence: {
      absent: 'No gateway configuration arrived on {destination}',
      protocol: 'A transport session of {service} uses {protocol}, which is not received',
      silent: 'The configuration names {endpoint}, without packets for {seconds} s{senders}',
    },
    severities: { absent: 'error' },
  },
  // LCT, objects, tables
  'LCT-HEADER': {
    severity: 'warning',
    profiles: { 'a331-2017': 'error', 'a331-2019': 'error', rfc9223: 'info', 'dvb-mabr': 'info' },
    priority: 1,
    topic: 'route',
    clause: 'A/331 A.3.6',
    once: 'destination',
    sentence: {
      fields: 'An LCT header on {destination} is not S=1 O=01 H=0 with 32-bit TSI and TOI (A/331 A.3.6)',
      malformed: '{datagrams} ({code}), the first to {destination} in frame {frame}: {head}…',
    },
    severities: { malformed: 'error' },
  },
  'ALC-PACKET': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'RFC 5775 2, RFC 5052 9.1, RFC 6726 3.3',
    once: 'destination',
    sentence: '{datagrams} ({code}), the first to {destination} in frame {frame}: {what}',
  },
  'TOI-LOOP': {
    severity: 'info',
    priority: 3,
    topic: 'route',
    clause: 'ours',
    once: 'each',
    sentence: {
      back: '{channel} went back from {number} {from} to {to}: the source plays again from an earlier point',
      paused:
        'The sender began again: {channel} went back from {number} {from} to {to}, {seconds} s after the last media packet',
      restarted: 'The sender began again: {channel} went back from {number} {from} to {to}, as did all media',
    },
    severities: { paused: 'warning', restarted: 'warning' },
  },
  'TOI-GAP': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'ours',
    once: 'each',
    sentence: {
      between: '{objects} on {channel}, between {before} and {after}',
      listed: '{objects} on {channel}, although its file table lists {them}',
    },
  },
  'EFDT-XML': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'RFC 9223 2.4, RFC 6726 3.4',
    once: 'each',
    sentence: 'The file table of {channel} cannot be read ({code}): {message}',
  },
  FDT: {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'RFC 6726 3.2, 3.3',
    threshold: { value: 10, unit: 's past its expiry' },
    once: 'channel',
    sentence: {
      undescribed: '{packets} of {channel} at {destination} belong to objects that no FDT describes ({objects})',
      joining:
        '{packets} of {channel} at {destination} belong to objects that no FDT describes ({objects}): reception began in the middle of one',
      unnamed:
        '{object} of {channel} at {destination} came whole ({bytes} bytes in {packets}), but no FDT names it{expected}{kept}',
      expired: 'FDT instance {instance} of {channel} had expired when it was sent',
      changed:
        'FDT instance {instance} of {channel} changed{times} while valid: its number was used again for other content',
      restarted:
        'The sender began again{times}: FDT instance {instance} of {channel} was used again, and names other files under the same TOIs',
    },
    severities: { joining: 'info', unnamed: 'warning', expired: 'warning', changed: 'warning', restarted: 'warning' },
  },
  'FEC-SIZES': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'RFC 6726 5, RFC 5445 3',
    once: 'each',
    sentence: {
      symbol: '{object}: zero symbol size in its {place}: only its first symbol can be placed',
      block: '{object}: zero source block length in its {place}: it is taken for one source block',
      other:
        '{object}: a packet of {came} bytes of symbols, of {told} bytes each by its {place}: such packets cannot be placed',
    },
    severities: { block: 'warning' },
  },
  'FEC-SCHEME': {
    severity: 'info',
    priority: 3,
    topic: 'route',
    clause: 'RFC 5052 6.1',
    once: 'channel',
    sentence:
      '{channel} at {destination} uses FEC Encoding ID {id}, which is not known here: its payload IDs are read as those of Compact No-Code (0)',
  },
  'SESSION-CLOSED': {
    severity: 'info',
    priority: 3,
    topic: 'route',
    clause: 'RFC 5651 5.1',
    once: 'channel',
    sentence: 'Session ended: the sender closed {channel} at {destination} (A flag){complete}',
  },
  'FDT-XML': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'RFC 6726 3.4.2',
    once: 'each',
    sentence: 'The FDT instance {instance} of {channel} cannot be read ({code}): {message}',
  },
  'OBJ-LOSS': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'A/331 A.3.10.2',
    once: 'each',
    sentence: '{object}: {bytes} bytes missing in {ranges}, first at {first}{declared}{fec}',
  },
  'OBJ-LENGTH': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'RFC 9223 2.1, RFC 6726 5',
    once: 'channel',
    sentence: {
      untold:
        '{object}: {bytes} bytes came without a gap, but its length was never told, nor does its content show its end: it cannot be known to be whole',
      cut: '{object}: {bytes} bytes came without a gap until reception ended; its length was not told so far',
      measured: '{channel} at {destination}: the length of {object} was never told; its content shows its end',
      repeats: '{channel} at {destination}: the length of {object} was never told; its repeats show its end',
      redeclared: '{object}: its length was declared again: {before}, then {after} bytes',
    },
    severities: { cut: 'info', measured: 'info', repeats: 'info', redeclared: 'warning' },
  },
  'REPEAT-LOSS': {
    severity: 'info',
    priority: 3,
    topic: 'route',
    clause: 'ours',
    once: 'channel',
    sentence: {
      carousel: 'Repeats on {channel} lack packets; their objects are whole from earlier transmissions',
      media: 'Segments on {channel} are sent again and lack packets; they are whole from earlier transmissions',
    },
    severities: { media: 'warning' },
  },
  'SEG-LOSS': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'TS 103 769 Annex F',
    once: 'each',
    sentence: '{name} ({channel}, in chunks): {bytes} bytes missing in {ranges}, first at {first}',
  },
  'OBJ-CONTENT': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'A/331 A.3.3.2',
    once: 'each',
    sentence: '{object} cannot be read: {message}',
  },
  'OBJ-ENCODING': {
    severity: 'warning',
    priority: 2,
    topic: 'route',
    clause: 'RFC 6726 3.4.2',
    once: 'channel',
    sentence: '{object} has the content encoding "{encoding}", which is not known here: the file is kept as it came',
  },
  'OBJ-MD5': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'RFC 6726 3.4.2',
    once: 'each',
    sentence: {
      entity: '{object} does not match its Content-MD5',
      table: '{object} is corrupt: {reason}',
    },
  },
  'OBJ-SIGNED': {
    severity: 'error',
    priority: 2,
    topic: 'route',
    clause: 'A/331 5.9',
    once: 'each',
    sentence: '{what} has a bad signature. {reason}',
  },
  // Repair
  'OBJ-REPAIRED': {
    severity: 'info',
    priority: 3,
    topic: 'route',
    clause: 'ours',
    once: 'each',
    sentence: {
      filled: '{object}: {bytes} missing bytes fetched from {urls}',
      whole: '{object}: never arrived; its {bytes} bytes fetched from {urls}',
    },
  },
  'OBJ-UNREPAIRED': {
    severity: 'info',
    priority: 2,
    topic: 'route',
    clause: 'ours',
    once: 'each',
    sentence: {
      filled: '{object}: not completed by HTTP: {reason}',
      absent: '{object}: never arrived, nor by HTTP: {reason}',
      tooMany: '{object}: never arrived{others}; not fetched by HTTP: too many at a time',
    },
  },
  'FEC-PARAMETERS': {
    severity: 'warning',
    priority: 2,
    topic: 'route',
    clause: 'A/331 A.4.3',
    once: 'channel',
    sentence: {
      faults: '{flow}: {faults}',
      nothing: '{flow}: it names no ProtectedObject: its packets are only counted',
    },
  },
  'FEC-OTI': {
    severity: 'warning',
    priority: 2,
    topic: 'route',
    clause: 'A/331 A.4.3, RFC 6330 3.3',
    once: 'channel',
    sentence: '{flow}: neither the S-TSID nor its packets give FEC OTI: they are only counted',
  },
  'FEC-UNSUPPORTED': {
    severity: 'warning',
    priority: 2,
    topic: 'route',
    clause: 'RFC 6330 4.4',
    once: 'channel',
    sentence: {
      subBlocks:
        '{flow}: its symbols are divided in N = {subBlocks} sub-blocks, which byte ranges of ROUTE do not fit: its packets are only counted',
      symbols: '{flow}: repair symbols of {scheme} are only counted',
      sizes: '{flow}: {reason} cannot be decoded',
    },
  },
  'FEC-MISMATCH': {
    severity: 'warning',
    priority: 2,
    topic: 'route',
    clause: 'RFC 6330 4.4, RFC 9223 4',
    once: 'channel',
    sentence: {
      flow: '{flow}: {object}: {reason}; nothing of it is used',
      object: '{flow}: repair symbols of {object} do not match the received bytes',
    },
  },
  'FEC-SYMBOLS': {
    severity: 'info',
    priority: 3,
    topic: 'route',
    clause: 'RFC 6726 5, RFC 5052',
    once: 'channel',
    sentence: '{channel} at {destination} has repair symbols of {scheme}, which are not used',
  },
  // MMTP
  'MMTP-HEADER': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'ISO 23008-1 9.2.2',
    once: 'each',
    sentence: '{datagrams} ({code}), the first to {destination} in frame {frame}: {head}…',
  },
  'MMTP-SEQ': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'A/331 7.2, 8.1.2',
    once: 'each',
    sentence: '{channel} of {destination}: {lost} of {sent} packets are missing, in {gaps} so far',
  },
  'MMTP-MESSAGE': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'A/331 7.2.3, ISO 23008-1 10',
    once: 'destination',
    sentence: '{what} cannot be read ({code}): {message}',
  },
  'MPU-LOSS': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'A/331 8.1.2',
    once: 'each',
    sentence: '{object} of {channel}{type}: {samples}{missing}{fault}',
  },
  'MPU-METADATA': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'ISO 23008-1 9.3.2',
    once: 'each',
    sentence:
      '{channel} of {destination}: {withoutMetadata} without MPU metadata, {withoutFragments} without movie fragment metadata',
  },
  'MPU-GAP': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'A/331 8.1.2',
    once: 'each',
    sentence: '{mpus} on {channel}',
  },
  // This computer, and limits on the cost of broken input
  'HOST-DROP': {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'ours',
    once: 'each',
    sentence: {
      capture: 'The computer that made the capture dropped {packets}, as the capture reports',
      socket: "This computer dropped {packets} to {destination}: the socket's queue was full{lag}",
    },
  },
  'SOURCE-GAP': {
    severity: 'error',
    priority: 1,
    topic: 'socket',
    clause: 'ours',
    once: 'each',
    sentence: {
      broke: '{source} broke off: {reason}',
      back: '{source} is received again, after {seconds} s',
    },
    severities: { back: 'info' },
  },
  INTERNAL: {
    severity: 'error',
    priority: 1,
    topic: 'route',
    clause: 'ours',
    once: 'session',
    sentence: 'A datagram to {destination} was not handled: {reason}',
  },
  'LIMIT-LLS': {
    severity: 'error',
    priority: 2,
    topic: 'route',
    clause: 'ours',
    once: 'session',
    sentence: 'LLS tables change too often to be read: {perSecond} new ones a second, {count} passed over',
  },
  'LIMIT-SLS': {
    severity: 'error',
    priority: 2,
    topic: 'route',
    clause: 'ours',
    once: 'service',
    sentence: 'SLS packages change too often to be read: {perSecond} new ones a second, {count} passed over',
  },
  'LIMIT-TABLES': {
    severity: 'error',
    priority: 2,
    topic: 'route',
    clause: 'ours',
    once: 'destination',
    sentence: '{where}: tables change too often to be read: {perSecond} new ones a second, {count} passed over',
  },
  'LIMIT-SESSIONS': {
    severity: 'error',
    priority: 2,
    topic: 'route',
    clause: 'ours',
    once: 'session',
    sentence: 'More than {limit} ROUTE, FLUTE and MMTP sessions; {destination} and others are not received',
  },
  'LIMIT-CHANNELS': {
    severity: 'error',
    priority: 2,
    topic: 'route',
    clause: 'ours',
    once: 'destination',
    sentence: {
      channels: 'More than {limit} TSIs on {destination}; the rest is not received',
      assets: '{where}: more than {limit} assets; the others are only counted',
    },
  },
  'LIMIT-PACKET-IDS': {
    severity: 'error',
    priority: 2,
    topic: 'route',
    clause: 'ours',
    once: 'destination',
    sentence: '{where}: more than {limit} packet_ids; the others are not counted',
  },
  'LIMIT-MPUS': {
    severity: 'error',
    priority: 2,
    topic: 'route',
    clause: 'ours',
    once: 'destination',
    sentence:
      '{where}: MPUs begin too often to be put together: {perSecond} packets a second and {count} in all are passed over',
  },
  'LIMIT-OBJECTS': {
    severity: 'error',
    priority: 2,
    topic: 'route',
    clause: 'ours',
    once: 'destination',
    sentence:
      '{where}: objects begin too often and do not become whole: {perSecond} packets a second and {count} in all are passed over',
  },
  'LIMIT-OPEN': {
    severity: 'error',
    priority: 2,
    topic: 'route',
    clause: 'ours',
    once: 'destination',
    sentence: '{where}: more than {limit} objects unfinished at a time',
  },
  'LIMIT-OBJECT': {
    severity: 'error',
    priority: 2,
    topic: 'route',
    clause: 'ours',
    once: 'destination',
    sentence: {
      data: '{where}: an object of more than {limit} bytes',
      claimed: '{where}: {object} claims {claimed} bytes, {limit} are allowed',
    },
  },
  'LIMIT-HOLES': {
    severity: 'error',
    priority: 2,
    topic: 'route',
    clause: 'ours',
    once: 'destination',
    sentence: '{where}: {object} has too many holes',
  },
  'LIMIT-MEMORY': {
    severity: 'error',
    priority: 2,
    topic: 'route',
    clause: 'ours',
    once: 'destination',
    sentence: {
      objects: '{where}: unfinished objects fill the memory allowed',
      mpus: '{where}: an MPU is larger than is allowed, or unfinished objects fill the memory',
    },
  },
  'LIMIT-QUARANTINE': {
    severity: 'error',
    priority: 2,
    topic: 'route',
    clause: 'ours',
    once: 'destination',
    sentence: {
      objects: '{where}: whole objects without a name fill the quarantine',
      packets: '{where}: packets that no table describes fill the quarantine',
      mpus: '{where}: whole MPUs without a service fill the quarantine',
    },
  },
  'LIMIT-FEC': {
    severity: 'warning',
    priority: 2,
    topic: 'route',
    clause: 'ours',
    once: 'session',
    sentence: '{flow}: repair symbols of more than {limit} bytes wait; those of older objects are dropped',
  },
} as const satisfies Readonly<Record<string, RuleRow>>

/** Id of a health rule. */
export type RuleId = keyof typeof RULES

/** The row of a rule. */
export function ruleRow(id: RuleId): RuleRow {
  return RULES[id]
}
