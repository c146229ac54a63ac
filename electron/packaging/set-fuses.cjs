const { join } = require('node:path')
const { FuseV1Options, FuseVersion, flipFuses } = require('@electron/fuses')

/** Turns off what a packaged Electron could otherwise be talked into from outside. Called by electron-builder. */
exports.default = async function setFuses({ appOutDir, packager, electronPlatformName }) {
  const name = packager.appInfo.productFilename
  const executables = { linux: packager.executableName, darwin: `${name}.app`, win32: `${name}.exe` }
  await flipFuses(join(appOutDir, executables[electronPlatformName]), {
    version: FuseVersion.V1,
    resetAdHocDarwinSignature: electronPlatformName === 'darwin', // the signature covers the fuses
    [FuseV1Options.RunAsNode]: false, // ELECTRON_RUN_AS_NODE would make it anybody's interpreter
    [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false, // NODE_OPTIONS loads foreign code
    [FuseV1Options.EnableNodeCliInspectArguments]: false, // --inspect opens it to every local program
    [FuseV1Options.OnlyLoadAppFromAsar]: true, // a folder put beside the archive is not run
    [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: electronPlatformName !== 'linux', // no such check on Linux
    [FuseV1Options.EnableCookieEncryption]: false, // there are no cookies, and it asks for the key chain
  })
}
