import type { PlanNote, SendPlan } from '../contract/send-request.ts'
import type { SessionSpec } from '../contract/session-spec.ts'
import { FlowTable } from '../protocol/ip/flow-table.ts'
import { Graph } from './graph.ts'
import { planGraph } from './graph-plan.ts'
import { LiveClock } from './live-clock.ts'
import type { PartHost, PartKind } from './part.ts'

/** What a session that sends would send: its parts are opened, linked and started, but not run, and closed again. */
export async function preflight(
  spec: SessionSpec,
  { nowUs, demoDir, kinds }: Pick<PartHost, 'nowUs' | 'demoDir'> & { readonly kinds: readonly PartKind[] },
): Promise<SendPlan> {
  const notes: PlanNote[] = []
  const host: PartHost = {
    nowUs,
    demoDir,
    log: () => undefined,
    logs: () => false,
    problem: ({ message, tryThis }, level) => void notes.push({ level, message, tryThis }),
    sessionDir: '',
    windowHost: null,
    durationS: null,
    flows: new FlowTable(),
    live: new LiveClock(nowUs),
    implied: false,
    shared: (_, make) => make(),
  }
  const graph = new Graph(planGraph(spec.parts, spec.links, kinds), {
    partHost: () => host,
    failed: () => undefined,
    opened: async () => undefined,
    sourcesStopped: async () => undefined,
  })
  try {
    await graph.open()
    const services = graph.parts.flatMap((part) =>
      (part.state?.() ?? []).flatMap((section) =>
        section.name === 'broadcast' ? (section.read()?.services ?? []) : [],
      ),
    )
    return { services, notes: [...notes] }
  } finally {
    await graph.stop('failed')
    await graph.close()
  }
}
