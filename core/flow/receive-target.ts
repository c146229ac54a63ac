import type { TuneIn } from '../contract/session-spec.ts'

/**
 * What to receive. `route`: one ROUTE session. `atsc`: services through the LLS. `mabr`: services through the gateway
 * configuration sent there (DVB-MABR), by FLUTE or ROUTE. `discover`: the LLS where there is one, and
 * every other flow that looks like ROUTE or FLUTE; for captures. Each joins the services it is asked to; absent: those of the ReceiveSpec.
 */
export type ReceiveTarget = (
  | { readonly kind: 'route'; readonly address: string; readonly port: number }
  | { readonly kind: 'atsc' }
  | { readonly kind: 'mabr'; readonly address: string; readonly port: number }
  | { readonly kind: 'discover' }
) & { readonly services?: TuneIn }

/** True where services of this target come from the LLS. */
export function usesLls(target: ReceiveTarget): boolean {
  return target.kind === 'atsc' || target.kind === 'discover'
}
