import { accessSync, constants } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';
import { skipUnless } from '../../skip.ts';

/** Path in Debian. */
const CHROMIUM = '/usr/bin/chromium';

/** Skips tests if there is no browser on this machine. */
export const skipWithoutBrowser = skipUnless(isThere() || 'needs chromium (apt-get install chromium)');

function isThere(): boolean {
  try {
    accessSync(CHROMIUM, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** There is no sandbox as root; the pages are our own. */
export function openBrowser(): Promise<Browser> {
  return chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
}

/** A page and its errors. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors, console messages, and requests to other origins. */
  readonly wrongs: string[];
}

/** Opens a report, and waits until it is drawn. */
export async function openReport(
  browser: Browser,
  file: string,
  colorScheme: 'light' | 'dark' = 'light',
): Promise<WatchedPage> {
  return await openPage(browser, `file://${file}`, colorScheme, (url) => url === `file://${file}`);
}

/** Opens the page of a current run, and waits until it is drawn. */
export async function openLivePage(browser: Browser, url: string): Promise<WatchedPage> {
  return await openPage(browser, `${url}/`, 'light', (asked) => asked.startsWith(`${url}/`));
}

async function openPage(
  browser: Browser,
  url: string,
  colorScheme: 'light' | 'dark',
  isOwn: (url: string) => boolean,
): Promise<WatchedPage> {
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme });
  const wrongs: string[] = [];
  page.on('console', (message) => wrongs.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => wrongs.push(`error: ${error.message}`));
  page.on('dialog', (dialog) => {
    wrongs.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => {
    if (!isOwn(request.url()) && !request.url().startsWith('data:')) wrongs.push(`request: ${request.url()}`);
  });
  await page.goto(url);
  await page.waitForSelector('#page[data-drawn]', { timeout: 30_000 });
  return { page, wrongs };
}
