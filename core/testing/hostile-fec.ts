import { hugeFiles } from './hostile-flute.ts'
import { FILES, type HostileDatagram, type HostileKind, route, signalled } from './hostile-kind.ts'
import { ftiOfBlocks, ftiOfRaptorQ, tol24 } from './hostile-packets.ts'

/** Senders of FEC: blocks and repair symbols of any size, in ROUTE and FLUTE. */
export const HOSTILE_FEC: readonly HostileKind[] = [
  {
    name: 'repair symbols of any block',
    first: protectedService,
    next: (number, below) => route({ psi: 0, tsi: 15, toi: 1 + (number >> 6), place: below(2 ** 32), body: 20 }),
  },
  {
    name: 'repair symbols with any FEC OTI',
    first: protectedService,
    next: (number, below) =>
      route({
        psi: 0,
        tsi: 15,
        toi: 1 + (number >> 3),
        extensions: ftiOfRaptorQ(below(2 ** 40), 1 + below(below(2) * 60_000 + 20), below(256), 1),
        place: below(2 ** 32),
        body: 20,
      }),
  },
  {
    name: 'protected objects of a claimed length',
    first: protectedService,
    next: (number, below) =>
      (number & 1) === 0
        ? route({ tsi: 10, toi: 1 + (number >> 4), extensions: tol24(below(1 << 24)), body: 20 })
        : route({ psi: 0, tsi: 15, toi: 1 + (number >> 4), place: 60_000 + below(1 << 16), body: 20 }),
  },
  {
    name: 'FLUTE blocks of any size',
    protocol: 'flute',
    first: hugeFiles,
    next: (number, below) =>
      route({
        psi: 0,
        codepoint: 0,
        tsi: 1,
        toi: 1 + (number >> 4),
        extensions: ftiOfBlocks(below(2) * below(65_536), below(2 ** 32), 1 + below(1400), below(2 ** 32)),
        place: below(2 ** 32),
        body: 20,
      }),
  },
  {
    name: 'FLUTE blocks of one byte',
    protocol: 'flute',
    first: hugeFiles,
    next: (number, below) =>
      route({
        psi: 0,
        codepoint: 0,
        tsi: 1,
        toi: 1 + (number >> 12),
        extensions: ftiOfBlocks(0, 1 << 28, 1, 1),
        place: below(2 ** 32),
        body: 1,
      }),
  },
  {
    name: 'RaptorQ over FLUTE of any size',
    protocol: 'flute',
    first: hugeFiles,
    next: (number, below) =>
      route({
        psi: 0,
        codepoint: 6,
        tsi: 1,
        toi: 1 + (number >> 5),
        extensions: ftiOfRaptorQ(below(2) === 0 ? below(1 << 24) : below(2 ** 40), 1 + below(1400), below(256), 1),
        place: below(2 ** 32),
        body: 20,
      }),
  },
  {
    name: 'RaptorQ over FLUTE of small symbols',
    protocol: 'flute',
    first: hugeFiles,
    next: (number, below) =>
      route({
        psi: 0,
        codepoint: 6,
        tsi: 1,
        toi: 1 + (number >> 10),
        extensions: ftiOfRaptorQ(4000, 4, 1, 1),
        place: 500 + below(3000),
        body: 4,
      }),
  },
  {
    name: 'repair symbols of one byte',
    first: protectedService,
    next: (number) =>
      route({
        psi: 0,
        tsi: 15,
        toi: 1 + Math.floor(number / 41),
        extensions: ftiOfRaptorQ(56_403, 1, 1, 1),
        place: 56_403 + (number % 41) * 1400,
        body: 1400,
      }),
  },
  {
    name: 'repair symbols of one object in 255 blocks',
    first: protectedService,
    next: (_, below) =>
      route({
        psi: 0,
        tsi: 15,
        toi: 1,
        extensions: ftiOfRaptorQ(4_000_000, 4, 255, 1),
        place: below(255) * 2 ** 24 + 5000 + below(1 << 20) * 4,
        body: 16,
      }),
  },
  {
    name: 'repair symbols that arrive in an hour each',
    first: protectedService,
    stepUs: 3_600_000_000,
    next: (number, below) =>
      route({
        psi: 0,
        tsi: 15,
        toi: 1 + (number & 63),
        extensions: ftiOfRaptorQ(1_000_000, 16, 100, 1),
        place: below(100) * 2 ** 24 + 700 + below(1 << 20),
        body: 16,
      }),
  },
  {
    name: 'repair symbols slower than they expire',
    first: protectedService,
    stepUs: 60_000,
    next: (number, below) =>
      route({
        psi: 0,
        tsi: 15,
        toi: 1 + (number & 63),
        extensions: ftiOfRaptorQ(1_000_000, 16, 100, 1),
        place: below(100) * 2 ** 24 + 700 + below(1 << 20),
        body: 16,
      }),
  },
  {
    name: 'repair objects in all TSIs',
    first: protectedService,
    next: (_, below) =>
      route({
        psi: 0,
        tsi: below(256),
        toi: below(2 ** 32),
        extensions: ftiOfRaptorQ(4000, 4, 1, 1),
        place: 1000 + below(1 << 20),
        body: 20,
      }),
  },
  {
    name: 'repair objects in 200 ROUTE sessions',
    next: (_, below) => ({
      ...route({
        psi: 0,
        tsi: below(256),
        toi: below(64),
        extensions: ftiOfRaptorQ(4000, 4, 1, 1),
        place: 1000 + below(1 << 20),
        body: 20,
      }),
      address: `239.7.7.${1 + below(200)}`,
    }),
  },
  {
    name: 'super-objects of a thousand members',
    first: superObjects,
    next: (number, below) =>
      (number & 3) === 0
        ? route({ tsi: 10 + below(1000), toi: 1 + (number >> 6), extensions: tol24(20), body: 20 })
        : route({
            psi: 0,
            tsi: 9,
            toi: 1 + (number >> 6),
            extensions: ftiOfRaptorQ(40_000, 20, 1, 1),
            place: 2000 + below(1 << 20),
            body: 20,
          }),
  },
  {
    name: 'super-objects that contradict their members',
    first: protectedService,
    next: (number, below) =>
      (number & 1) === 0
        ? route({ tsi: 10, toi: 1 + (number >> 8), extensions: tol24(2000), place: below(100) * 20, body: 20 })
        : route({
            psi: 0,
            tsi: 15,
            toi: 1 + (number >> 8),
            extensions: ftiOfRaptorQ(below(2) * 2004, 4, 1 + below(2), 1),
            place: below(2) * 2 ** 24 + 501 + below(1 << 16),
            body: 400,
          }),
  },
  {
    name: 'RaptorQ over FLUTE of one byte',
    protocol: 'flute',
    first: hugeFiles,
    next: (number) =>
      route({
        psi: 0,
        codepoint: 6,
        tsi: 1,
        toi: 1 + Math.floor(number / 41),
        extensions: ftiOfRaptorQ(56_403, 1, 1, 1),
        place: 56_403 + (number % 41) * 1400,
        body: 1400,
      }),
  },
  {
    name: 'RaptorQ over FLUTE of 64 MB',
    protocol: 'flute',
    first: hugeFiles,
    next: (number, below) =>
      route({
        psi: 0,
        codepoint: 6,
        tsi: 1,
        toi: 1 + (number >> 14),
        extensions: ftiOfRaptorQ(60_000_000, 1100, 1, 1),
        place: below(2) === 0 ? below(54_546) : 54_546 + below(1 << 20),
        body: 1100,
      }),
  },
]

const REPAIR =
  '<LS tsi="15"><RepairFlow><FECParameters fecOTI="000000000000040001000104" maximumDelay="1000" overhead="25"><ProtectedObject tsi="10"/></FECParameters></RepairFlow></LS>'

function protectedService(): HostileDatagram[] {
  return signalled(FILES + REPAIR)
}

/** One repair flow over a thousand channels. */
function superObjects(): HostileDatagram[] {
  const tsis = Array.from({ length: 1000 }, (_, at) => 10 + at)
  const flow = `<LS tsi="9"><RepairFlow><FECParameters fecOTI="000000000000040001000104" maximumDelay="1000" overhead="25">${tsis.map((tsi) => `<ProtectedObject tsi="${tsi}"/>`).join('')}</FECParameters></RepairFlow></LS>`
  return signalled(FILES + flow)
}
