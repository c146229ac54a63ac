import { expect, type Locator, type Page } from '@playwright/test'

/** The window as a person finds their way in it: by roles and names. */
export class AppPage {
  readonly page: Page
  /** The first screen, with its three ways in. */
  readonly start: Locator
  readonly openCaptureButton: Locator
  readonly listenButton: Locator
  readonly demoButton: Locator

  constructor(page: Page) {
    this.page = page
    this.start = page.getByRole('main', { name: 'Start' })
    this.openCaptureButton = this.start.getByRole('button', { name: /^open capture/i })
    this.listenButton = this.start.getByRole('button', { name: 'Listen', exact: true })
    this.demoButton = this.start.getByRole('button', { name: 'Demo', exact: true })
  }

  /** Waits until nothing is under way and all that arrived is on the screen (renderer/client/idle.ts). */
  async idle(): Promise<void> {
    await this.page.waitForFunction(() => document.documentElement.dataset.idle === 'true')
  }

  /** Waits until the first screen has given way to a session. */
  async sessionShown(): Promise<void> {
    await expect(this.start).toBeHidden()
    await this.idle()
  }

  async startDemo(): Promise<void> {
    await this.demoButton.click()
    await this.sessionShown()
  }

  /** Waits until the picture moves: media time has come `seconds` further and frames were decoded for it. */
  async playing(seconds: number): Promise<void> {
    const video = this.page.locator('video')
    await expect(video).toBeVisible()
    const begun = await video.evaluate((element: HTMLVideoElement) => element.currentTime)
    const position = () =>
      video.evaluate((element: HTMLVideoElement) => ({
        time: element.currentTime,
        frames: element.getVideoPlaybackQuality().totalVideoFrames,
      }))
    await expect.poll(async () => (await position()).time, { timeout: 60_000 }).toBeGreaterThan(begun + seconds)
    expect((await position()).frames).toBeGreaterThan(0)
  }
}
