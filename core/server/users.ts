import { createHash, timingSafeEqual } from 'node:crypto'
import { AppFailure } from '../failure/app-failure.ts'
import { readRegular } from '../files/door.ts'
import { EVERY_USER, type User } from './access.ts'
import { readIni } from './ini.ts'

/** Longest password, bytes: one less than GPAC refuses. */
const MAX_PASSWORD_BYTES = 99
const MAX_FILE_BYTES = 4 * 1024 * 1024
const HASH = /^[0-9a-f]{64}$/i

type Credentials = { readonly user: User; readonly salt: Buffer; readonly hash: Buffer }

/** Users of a server, as GPAC's users file has them: SHA-256 of the password, `@` and 32 bytes of salt. */
export class Users {
  readonly #known: ReadonlyMap<string, Credentials>

  private constructor(known: ReadonlyMap<string, Credentials>) {
    this.#known = known
  }

  /** Reads a users file. @throws AppFailure file-unreadable | input-unusable */
  static async read(path: string): Promise<Users> {
    const bytes = await readRegular(path, MAX_FILE_BYTES).catch((error: Error) => {
      throw new AppFailure('file-unreadable', `The users file ${path} ${error.message}.`, 'Name another file.', error)
    })
    return Users.parse(new TextDecoder().decode(bytes), path)
  }

  /** @throws AppFailure input-unusable */
  static parse(text: string, file: string): Users {
    const sections = readIni(text, file)
    const groups = new Map<string, Set<string>>()
    for (const { name, values } of sections) {
      if (name !== 'groups') continue
      for (const [group, members] of values)
        for (const member of members.split(',')) addTo(groups, member.trim(), group)
    }
    const known = new Map<string, Credentials>()
    for (const { name, line, values } of sections) {
      if (name === 'groups') continue
      const { password = '', salt = '' } = Object.fromEntries(values)
      if (!HASH.test(password) || !HASH.test(salt))
        throw new AppFailure(
          'input-unusable',
          `The user ${name} in line ${line} of ${file} has no password and salt of 64 hexadecimal digits each.`,
          'Make the entry anew, as gpac -creds does.',
        )
      known.set(name, {
        user: { name, groups: new Set([EVERY_USER, ...(groups.get(name) ?? [])]) },
        salt: Buffer.from(salt, 'hex'),
        hash: Buffer.from(password, 'hex'),
      })
    }
    return new Users(known)
  }

  /** Checks a name and a password, in the same time whether or not there is such a user. @returns null where they do not fit */
  check(name: string, password: string): User | null {
    const known = this.#known.get(name)
    if (Buffer.byteLength(password) > MAX_PASSWORD_BYTES) return null
    const hash = createHash('sha256')
      .update(`${password}@`)
      .update(known?.salt ?? NO_SALT)
      .digest()
    return timingSafeEqual(hash, known?.hash ?? NO_SALT) && known !== undefined ? known.user : null
  }
}

const NO_SALT = Buffer.alloc(32)

function addTo(groups: Map<string, Set<string>>, member: string, group: string): void {
  const known = groups.get(member) ?? new Set()
  known.add(group)
  groups.set(member, known)
}
