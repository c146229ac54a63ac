import { AppFailure } from '../failure/app-failure.ts'
import type { CaptureTool } from './capture-tools.ts'

const PERMISSION =
  'Allow it as Wireshark does: `sudo dpkg-reconfigure wireshark-common` (answer Yes), `sudo usermod -aG wireshark $USER`, and log in again; without a group wireshark, `sudo setcap cap_net_raw,cap_net_admin+eip` on the program.'

/** Failure where neither program is installed. */
export function noProgram(): AppFailure {
  return new AppFailure(
    'program-missing',
    'Neither dumpcap nor tcpdump was found, and one of them is needed to capture from an interface.',
    'Install dumpcap (package wireshark-common on Debian and Ubuntu, wireshark-cli on Fedora, Wireshark elsewhere) or tcpdump.',
  )
}

/** Failure where this user may not run the program: on Debian only the group wireshark may run dumpcap. */
export function notExecutable({ path }: CaptureTool): AppFailure {
  return new AppFailure(
    'capture-refused',
    `This user may not run ${path}: only root and the group wireshark may.`,
    'Join the group with `sudo usermod -aG wireshark $USER`, then log in again.',
  )
}

/** Failure for a program that ended by itself, made from its messages. */
export function programFailure(
  { kind, path }: CaptureTool,
  on: string,
  words: string,
  status: number | string | null,
): AppFailure {
  const message = words.trim()
  if (/permission|not permitted|EPERM/i.test(message)) {
    return new AppFailure(
      'capture-refused',
      `This user may not capture on ${on}: the system does not let ${kind} open it.`,
      PERMISSION.replace('on the program', `on ${path}`),
      message,
    )
  }
  if (/no such device|no device named|doesn't exist|does not exist|no interface/i.test(message)) {
    return new AppFailure(
      'interface-gone',
      `There is no network interface "${on}" to capture on.`,
      `List them with \`${kind} -D\`.`,
      message,
    )
  }
  if (/filter|syntax error|parse/i.test(message)) {
    const why = /\(([^()]*)\)/.exec(message)?.[1] ?? /filter expression: (.*)/.exec(message)?.[1] ?? 'it cannot be read'
    return new AppFailure(
      'bad-spec',
      `${kind} does not take the capture filter: ${why}.`,
      'Correct --capture-filter; `man pcap-filter` explains its words.',
      message,
    )
  }
  if (/not up|went down|no longer attached|network is down|disconnected/i.test(message)) {
    return new AppFailure(
      'interface-gone',
      `The interface ${on} is down.`,
      `Bring it up, for example with \`sudo ip link set ${on} up\`.`,
      message,
    )
  }
  const last = message.split('\n').at(-1) ?? ''
  return new AppFailure(
    'capture-refused',
    `${kind} stopped capturing on ${on}${last === '' ? ` (exit status ${status})` : `: ${last}`}`.replace(/\.?$/, '.'),
    `Run \`${kind} -i ${on}\` in a terminal to see what is wrong.`,
    message,
  )
}
