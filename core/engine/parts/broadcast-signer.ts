import { defined } from '../../contract/defined.ts'
import type { TableSigner } from '../../send/table-signer.ts'
import type { PartHost } from '../part.ts'
import type { BroadcastSpec } from './broadcast-options.ts'

/**
 * Signs LLS and SLS of a broadcast; null where no key is named. What reads keys and writes signatures is large, and loaded where it
 * is asked for.
 * @throws AppFailure as `openSigner`
 */
export async function signerOf({ signKey, signCert }: BroadcastSpec, host: PartHost): Promise<TableSigner | null> {
  if (signKey === undefined && signCert === undefined) return null
  const { openSigner } = await import('./signing-key.ts')
  return openSigner(
    defined({ signKey, signCert }),
    () => host.nowUs(),
    (error) => host.problem(error, 'warning'),
  )
}
