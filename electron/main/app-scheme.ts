import { readFile } from 'node:fs/promises'
import { extname } from 'node:path'
import { protocol } from 'electron'
import { appFilePath } from './app-address.ts'
import { contentSecurityPolicy } from './security.ts'

/*
 * Pages have a scheme of their own instead of file://: file pages may read any file, and have no origin to check and no
 * headers.
 */

const CONTENT_TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.wasm': 'application/wasm',
}

/** Registers the scheme. Call it before the app is ready: Chromium fixes the rights of schemes at its start. */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    {
      scheme: 'routescope',
      privileges: {
        standard: true, // relative addresses and an origin
        secure: true, // a secure context, as https has
        supportFetchAPI: true, // chunks that are loaded on demand
      },
    },
  ])
}

/**
 * Serves only the files below `folder`, as `routescope://app/…`.
 * @param contentOrigin the only server that pages may ask
 */
export function serveAppScheme(folder: string, contentOrigin: string): void {
  const policy = contentSecurityPolicy(contentOrigin)
  protocol.handle('routescope', async (request) => {
    const path = appFilePath(folder, request.url)
    if (path === null) return notFound()
    try {
      return new Response(new Uint8Array(await readFile(path)), {
        headers: {
          'Content-Type': CONTENT_TYPES[extname(path)] ?? 'application/octet-stream',
          'Content-Security-Policy': policy,
          'X-Content-Type-Options': 'nosniff',
          'Cache-Control': 'no-cache',
        },
      })
    } catch {
      return notFound()
    }
  })
}

const notFound = () => new Response('Not found', { status: 404, headers: { 'Content-Type': 'text/plain' } })
