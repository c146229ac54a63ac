import { expect, type Locator, type Page } from '@playwright/test'

/** The window as a person finds their way in it: by roles and names. */
export class AppPage {
  readonly page: Page
  readonly openCaptureButton: Locator
  readonly listenButton: Locator
  readonly demoButton: Locator

  constructor(page: Page) {
    this.page = page
    this.openCaptureButton = page.getByRole('button', { name: /open capture/i }).first()
    this.listenButton = page.getByRole('button', { name: /^listen/i }).first()
    this.demoButton = page.getByRole('button', { name: /demo/i }).first()
  }

  /** Waits until nothing is under way and all that arrived is on the screen (renderer/client/idle.ts). */
  async idle(): Promise<void> {
    await this.page.waitForFunction(() => document.documentElement.dataset.idle === 'true')
  }

  /** Waits until the first screen has given way to a session. */
  async sessionShown(): Promise<void> {
    await expect(this.demoButton).toBeHidden()
    await this.idle()
  }

  async startDemo(): Promise<void> {
    await this.demoButton.click()
    await this.sessionShown()
  }
}
