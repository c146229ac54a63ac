import type { ReportLink } from '../../../core/contract/report.ts'
import { formatCount, UNKNOWN } from '../../model/format.ts'
import styles from './FlowsView.module.css'

const TITLES: Readonly<Record<ReportLink['kind'], string>> = {
  alp: 'ALP',
  stltp: 'STLTP',
  alptp: 'ALPTP',
  tzsp: 'TZSP',
  erspan: 'ERSPAN',
  vxlan: 'VXLAN',
  geneve: 'Geneve',
  gre: 'GRE',
  gtp: 'GTP-U',
  lisp: 'LISP',
  etherip: 'EtherIP',
  ip: 'IP in IP',
  mpls: 'MPLS pseudowire',
  ethernet: 'Ethernet in Ethernet',
  'cisco-cmd': 'Cisco CMD',
  'vn-tag': 'VN-Tag',
  'e-tag': 'E-Tag (802.1BR)',
  'i-tag': 'I-Tag (802.1ah)',
  'r-tag': 'R-Tag (802.1CB)',
  hsr: 'HSR',
  fabricpath: 'FabricPath',
  trill: 'TRILL',
  juniper: 'Juniper',
  ppi: 'PPI',
  pktap: 'PKTAP',
  erf: 'ERF',
}

/** Texts of counts; others are in the report only. */
const WORDS: readonly (readonly [name: string, text: string, bad: boolean])[] = [
  ['packets', 'packets', false],
  ['lost', 'lost', true],
  ['recovered', 'recovered by FEC', false],
  ['innerLost', 'inner packets lost', true],
  ['innerDropped', 'inner packets broken', true],
  ['basebandPackets', 'baseband packets', false],
  ['basebandLost', 'baseband packets lost', true],
  ['alpPackets', 'ALP packets', false],
  ['alpDropped', 'ALP packets dropped', true],
  ['dropped', 'segmented packets dropped', true],
  ['malformed', 'malformed', true],
  ['rohc', 'compressed (ROHC)', false],
  ['ts', 'transport stream', false],
]

/** Links and tunnels below the flows, with their counts, losses and LMTs. */
export function Links({ links }: { readonly links: readonly ReportLink[] }) {
  if (links.length === 0) return null
  return (
    <section className={styles.sockets} aria-label="Links">
      <ul>
        {links.map((link) => (
          <li key={`${link.kind} ${link.destination ?? ''}`}>
            <span>
              {TITLES[link.kind]}
              {link.destination === null ? '' : ` ${link.destination}`}
            </span>
            {WORDS.map(([name, text, bad]) => {
              const count = link.counts[name] ?? 0
              return count === 0 ? null : (
                <span key={name} data-bad={bad}>
                  {formatCount(count)} {text}
                </span>
              )
            })}
            {link.lmt.map(({ plp, count }) => (
              <span key={plp ?? UNKNOWN}>
                LMT in PLP {plp ?? UNKNOWN}: {formatCount(count)}
              </span>
            ))}
          </li>
        ))}
      </ul>
    </section>
  )
}
