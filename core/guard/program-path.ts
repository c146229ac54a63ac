import { access, constants, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'

/** Path of the first program of a name on PATH; null where there is none. @param name without the extension that Windows adds */
export async function programOnPath(name: string, path = process.env.PATH ?? ''): Promise<string | null> {
  const file = process.platform === 'win32' ? `${name}.exe` : name
  for (const folder of path.split(delimiter)) {
    // A relative entry would depend on the folder that this program was started in.
    if (isAbsolute(folder) && (await isProgram(join(folder, file)))) return join(folder, file)
  }
  return null
}

/** Whether a path is a file that may be run. */
export async function isProgram(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}
