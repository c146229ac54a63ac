import type { ReceiveTarget } from '../flow/receive-target.ts'
import { reportOfDatagrams } from './browser-report.ts'
import type { Datagram } from './datagrams.ts'

/* The entry of a worker of a web page: receives datagrams, posts their report. */

type Asked = { readonly data: { readonly datagrams: readonly Datagram[]; readonly target: ReceiveTarget } }

const page = globalThis as unknown as {
  onmessage: (asked: Asked) => void
  postMessage(report: unknown): void
}

page.onmessage = ({ data: { datagrams, target } }) => page.postMessage(reportOfDatagrams(datagrams, target))
