/** Who may use something. */
export type Access = {
  /** Nobody has to log in. */
  readonly anyone: boolean
  readonly users: ReadonlySet<string>
  readonly groups: ReadonlySet<string>
}

/** A user who has logged in. */
export type User = { readonly name: string; readonly groups: ReadonlySet<string> }

export const ANYONE: Access = { anyone: true, users: new Set(), groups: new Set() }
export const NOBODY: Access = { anyone: false, users: new Set(), groups: new Set() }

/** Group of every user. */
export const EVERY_USER = 'users'

/**
 * Reads the lists of a rule file, of users and of groups. `$ALL` is anybody, also without a login; `$NONE` nobody.
 * @param otherwise where there is neither list
 */
export function accessOf(users: string | undefined, groups: string | undefined, otherwise: Access): Access {
  if (users === undefined && groups === undefined) return otherwise
  const names = namesOf(users)
  const groupNames = namesOf(groups)
  if (names.has('$NONE') || groupNames.has('$NONE')) return NOBODY
  if (names.has('$ALL') || groupNames.has('$ALL')) return ANYONE
  return { anyone: false, users: names, groups: groupNames }
}

function namesOf(list: string | undefined): ReadonlySet<string> {
  return new Set((list ?? '').split(',').flatMap((name) => name.trim() || []))
}

/** Whether there is anybody who may. */
export function isForSomebody({ anyone, users, groups }: Access): boolean {
  return anyone || users.size + groups.size > 0
}

/** Whether a user may: `login` where somebody else may, and nobody has logged in. */
export function mayUse(access: Access, user: User | null): 'yes' | 'no' | 'login' {
  if (access.anyone) return 'yes'
  if (user === null) return access.users.size + access.groups.size === 0 ? 'no' : 'login'
  if (access.users.has(user.name)) return 'yes'
  for (const group of user.groups) if (access.groups.has(group)) return 'yes'
  return 'no'
}
