import type { TuneIn } from '../contract/session-spec.ts'

/**
 * What to receive. `route`: one ROUTE session. `atsc`: services through the LLS. `mabr`: services through the gateway
 * configuration sent there (DVB-MABR), by FLUTE or ROUTE. `discover`: the LLS where there is one, and every other flow
 * that looks like ROUTE or FLUTE; for captures. `services`: those to join; absent: those of the ReceiveSpec.
 */
export type ReceiveTarget = (
  | { readonly kind: 'route'; readonly address: string; readonly port: number }
  | { readonly kind: 'atsc' }
  | { readonly kind: 'mabr'; readonly address: string; readonly port: number }
  | { readonly kind: 'discover' }
) & { readonly services?: TuneIn }

/** True where the services of this target are in the LLS. */
export function usesLls(target: ReceiveTarget): boolean {
  return target.kind === 'atsc' || target.kind === 'discover'
}
