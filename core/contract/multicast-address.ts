/** True for 224.0.0.0/4 and ff00::/8; `address` is a valid address. */
export function isMulticastAddress(address: string): boolean {
  if (address.includes(':')) return /^ff[0-9a-f]{2}:/i.test(address)
  const first = Number.parseInt(address, 10)
  return first >= 224 && first <= 239
}
