import { expect, type Locator, type Page } from '@playwright/test'
import { GridOnPage } from './grid.ts'

/** Panels that share one place, by the titles of their tabs. */
export const TABLE_TABS = ['Objects', 'Flows', 'Signalling', 'Alarms', 'Log'] as const

/** The window by roles and names, as a user finds its parts. */
export class AppPage {
  readonly page: Page
  /** The first screen with its three cards. */
  readonly start: Locator
  readonly openCaptureButton: Locator
  readonly listenButton: Locator
  readonly demoButton: Locator
  readonly dumpButton: Locator
  readonly stopButton: Locator
  /** Shows `Rec`, and during a recording its duration and size. */
  readonly recordButton: Locator
  readonly objects: GridOnPage
  readonly services: GridOnPage
  readonly flows: GridOnPage
  readonly signalling: GridOnPage
  readonly alarms: GridOnPage
  readonly timeline: Locator
  readonly player: Locator
  readonly inspector: Locator
  readonly video: Locator

  constructor(page: Page) {
    this.page = page
    this.start = page.getByRole('main', { name: 'Start' })
    this.openCaptureButton = this.start.getByRole('button', { name: /^open capture/i })
    this.listenButton = this.start.getByRole('button', { name: 'Listen', exact: true })
    this.demoButton = this.start.getByRole('button', { name: 'Demo', exact: true })
    this.dumpButton = page.getByRole('button', { name: 'Dump', exact: true })
    this.recordButton = page.getByRole('button', { name: /^Rec( |$)/ })
    this.stopButton = page.getByRole('button', { name: 'Stop', exact: true })
    this.objects = new GridOnPage(page.getByRole('grid', { name: 'Objects' }))
    this.services = new GridOnPage(page.getByRole('grid', { name: 'Services' }))
    this.flows = new GridOnPage(page.getByRole('treegrid', { name: 'Flows' }))
    this.signalling = new GridOnPage(page.getByRole('treegrid', { name: 'Signalling tables' }))
    this.alarms = new GridOnPage(page.getByRole('treegrid', { name: 'Alarms' }))
    this.timeline = page.getByRole('application', { name: 'Timeline' })
    this.player = page.getByRole('region', { name: 'Playback' })
    this.inspector = page.getByRole('region', { name: 'Inspector' })
    this.video = page.locator('video')
  }

  /** Waits until no work is pending and all received data is shown (renderer/client/idle.ts). */
  async idle(): Promise<void> {
    await this.page.waitForFunction(() => document.documentElement.dataset.idle === 'true')
  }

  /** Waits until a session replaces the first screen. */
  async sessionShown(): Promise<void> {
    await expect(this.start).toBeHidden()
    await this.idle()
  }

  async startDemo(): Promise<void> {
    await this.demoButton.click()
    await this.sessionShown()
  }

  /** Waits until the window reports that everything is written. @returns the folder it names */
  async dumped(): Promise<string> {
    const notice = this.page.getByRole('status').filter({ hasText: /^Wrote / })
    await expect(notice).toBeVisible()
    return /, to (\S+)/.exec((await notice.textContent()) ?? '')?.[1] ?? ''
  }

  /** Waits until the window reports that a recording is being written. @returns the file it names */
  async recording(): Promise<string> {
    const notice = this.page.getByRole('status').filter({ hasText: /^Recording to / })
    await expect(notice).toBeVisible()
    return /^Recording to (\S+)/.exec((await notice.textContent()) ?? '')?.[1] ?? ''
  }

  /** Brings one of the tabbed panels to the front. */
  async openTab(name: (typeof TABLE_TABS)[number]): Promise<void> {
    await this.page.getByRole('tablist', { name: 'Tables' }).getByRole('tab', { name, exact: true }).click()
  }

  /** The timeline's text alternative. */
  timelineWords(): Promise<string> {
    return this.#words.then((words) => words.evaluate((element) => element.textContent ?? ''))
  }

  /** The range that they tell is being moved. */
  timelineWordsMove(): Promise<boolean> {
    return this.#words.then((words) => words.evaluate((element) => element.getAttribute('aria-busy') === 'true'))
  }

  get #words(): Promise<Locator> {
    return this.timeline.getAttribute('aria-describedby').then((id) => this.page.locator(`[id="${id}"]`))
  }

  /** Plays the service that the player offers. */
  async play(): Promise<void> {
    await this.player.getByRole('button', { name: /^Play / }).click()
  }

  /** Waits until the video plays: media time has advanced by `seconds` and frames were decoded. */
  async playing(seconds: number): Promise<void> {
    await expect(this.video).toBeVisible()
    const begun = await this.#position()
    await expect
      .poll(
        async () => {
          const { time, frames } = await this.#position()
          // A quarter of the slowest usual frame rate: a busy machine drops frames, a frozen or skipped video has none.
          return time >= begun.time + seconds && frames > begun.frames + seconds * 6
        },
        { timeout: 60_000, message: `the picture to move for ${seconds} s` },
      )
      .toBe(true)
  }

  #position(): Promise<{ readonly time: number; readonly frames: number }> {
    return this.video.evaluate((element: HTMLVideoElement) => ({
      time: element.currentTime,
      frames: element.getVideoPlaybackQuality().totalVideoFrames,
    }))
  }

  /** A step of tuning in of the selected service. */
  rung(name: string): Locator {
    return this.page
      .getByRole('list', { name: 'Steps of tuning in' })
      .getByRole('listitem')
      .filter({ has: this.page.getByText(name, { exact: true }) })
  }

  /** Runs a command from the palette, which lists all commands. */
  async command(title: string): Promise<void> {
    await this.page.keyboard.press('ControlOrMeta+k')
    const palette = this.page.getByRole('dialog', { name: 'Find a command' })
    await palette.getByRole('combobox').fill(title)
    await palette.getByRole('option', { name: title }).click()
    await expect(palette).toBeHidden()
  }
}
