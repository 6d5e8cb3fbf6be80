import { access } from 'node:fs/promises';
import { type Browser, chromium } from 'playwright-core';
import { programOrSkip } from './debian-program.js';

const PATHS = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'];

/** The path of a browser; undefined where there is none, which was told. */
export function browserProgram(): Promise<string | undefined> {
  return programOrSkip('Chromium', 'chromium', async () => {
    for (const path of PATHS)
      if (
        await access(path).then(
          () => true,
          () => false,
        )
      )
        return path;
    return undefined;
  });
}

/** A browser without a window. Whoever starts it closes it. */
export function startBrowser(executablePath: string): Promise<Browser> {
  // Its sandbox does not work for root, as which containers run tests; only our own pages are shown.
  return chromium.launch({ executablePath, chromiumSandbox: process.getuid?.() !== 0 });
}
