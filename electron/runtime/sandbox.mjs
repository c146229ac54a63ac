import { readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/**
 * Why Chromium's sandbox cannot work here, or null where it can. Only Linux has requirements: user namespaces for ordinary
 * users, or a set-user-id helper owned by root.
 *
 * @param {string} executable Electron's
 * @returns {string | null}
 */
export function sandboxObstacle(executable) {
  if (process.platform !== 'linux') return null
  if (process.getuid?.() === 0) return 'it refuses to run as root'
  if (namespacesWork() || helperWorks(join(executable, '..', 'chrome-sandbox'))) return null
  return 'this system allows no user namespaces and chrome-sandbox is not set up'
}

function namespacesWork() {
  return (
    kernelSwitch('user/max_user_namespaces') !== 0 &&
    kernelSwitch('kernel/unprivileged_userns_clone') !== 0 &&
    kernelSwitch('kernel/apparmor_restrict_unprivileged_userns') !== 1
  )
}

/**
 * @param {string} path below /proc/sys
 * @returns {number | null} null where this kernel has no such setting
 */
function kernelSwitch(path) {
  try {
    return Number(readFileSync(`/proc/sys/${path}`, 'utf8'))
  } catch {
    return null
  }
}

/** @param {string} helper */
function helperWorks(helper) {
  const found = statSync(helper, { throwIfNoEntry: false })
  return found !== undefined && found.uid === 0 && (found.mode & 0o4000) !== 0
}
