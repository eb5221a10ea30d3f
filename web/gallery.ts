/**
 * Takes a picture of every state of the page and checks each with axe-core: `npx tsx web/gallery.ts --out DIR`.
 * Options: `--only TEXT` (names that contain it), `--faces DIR` (packs with ID/portrait.jpg), `--no-build`.
 * Exits with 1 when axe-core finds a violation or a page logs an error.
 */
import { createReadStream, existsSync, readFileSync, statSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { SHOTS, type Shot } from './gallery/shots.ts';

const { values } = parseArgs({
  options: {
    out: { type: 'string' },
    only: { type: 'string' },
    faces: { type: 'string' },
    'no-build': { type: 'boolean' },
    chromium: { type: 'string', default: '/usr/bin/chromium' },
  },
});
const out = values.out;
if (out === undefined) {
  console.error('Say where the pictures go: npx tsx web/gallery.ts --out DIR');
  process.exit(2);
}
const here = fileURLToPath(new URL('.', import.meta.url));
const faces = values.faces ?? fileURLToPath(new URL('../media/avatars/packs', import.meta.url));
const dist = join(tmpdir(), 'understudy-gallery');

if (values['no-build'] !== true) {
  await build({
    configFile: join(here, 'vite.config.ts'),
    mode: 'gallery',
    logLevel: 'warn',
    build: { outDir: dist, emptyOutDir: true },
  });
}

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
  '.jpg': 'image/jpeg',
};

const server = createServer((request, response) => {
  const path = normalize(new URL(request.url ?? '/', 'http://local').pathname);
  const root = path.startsWith('/faces/') ? [faces, path.slice(7)] : [dist, path];
  const file = join(...(root as [string, string]));
  if (existsSync(file) && statSync(file).isFile()) {
    response.setHeader('content-type', TYPES[extname(file)] ?? 'application/octet-stream');
    createReadStream(file).pipe(response);
  } else if (path.startsWith('/faces/') || extname(path) !== '') {
    response.writeHead(404).end();
  } else {
    response.setHeader('content-type', 'text/html');
    createReadStream(join(dist, 'index.html')).pipe(response);
  }
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

/** Runs in the page before it starts. */
function prepare(given: { stored: Record<string, unknown>; microphone: string | null }): void {
  for (const [key, value] of Object.entries(given.stored)) {
    localStorage.setItem(key, JSON.stringify(value));
  }
  if (given.microphone === null) return;
  const name = given.microphone === 'denied' ? 'NotAllowedError' : 'NotFoundError';
  navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', name));
  navigator.permissions.query = () =>
    Promise.resolve(Object.assign(new EventTarget(), { state: 'denied', onchange: null }) as never);
}

async function open(page: Page, shot: Shot, theme: string): Promise<void> {
  await page.addInitScript(prepare, {
    stored: { 'understudy.theme': theme, ...shot.stored },
    microphone: shot.microphone ?? null,
  });
  await page.route('**/api/**', async (route) => {
    const request = route.request();
    const answer = shot.answers?.[`${request.method()} ${new URL(request.url()).pathname}`];
    if (answer === 'hang') return;
    if (answer === undefined || answer === 'refuse') return route.abort('connectionrefused');
    await route.fulfill({
      status: answer.status,
      contentType: answer.status >= 400 ? 'application/problem+json' : 'application/json',
      body: JSON.stringify(answer.body),
      headers: answer.headers ?? {},
    });
  });
  await page.goto(origin + shot.path);
  await page.waitForSelector('main');
  for (const [selector, fill] of shot.steps ?? []) {
    const target = page.locator(selector).first();
    await target.waitFor({ state: 'attached' });
    if (!(await target.isVisible())) continue;
    if (fill === null) await target.click();
    else await target.fill(fill);
  }
  await page.evaluate(() => document.fonts.ready);
  await page.waitForTimeout(800);
}

interface Finding {
  picture: string;
  rule: string;
  help: string;
  where: string[];
}

const axeSource = readFileSync(
  createRequire(import.meta.url).resolve('axe-core/axe.min.js'),
  'utf8',
);

async function inspect(page: Page, picture: string): Promise<Finding[]> {
  await page.evaluate(axeSource);
  const violations = await page.evaluate(async () => {
    const { axe } = window as unknown as {
      axe: { run(): Promise<{ violations: AxeViolation[] }> };
    };
    interface AxeViolation {
      id: string;
      help: string;
      nodes: { target: string[]; failureSummary: string }[];
    }
    const result = await axe.run();
    return result.violations.map(({ id, help, nodes }) => ({
      rule: id,
      help,
      where: nodes.map((node) => `${node.target.join(' ')}: ${node.failureSummary}`),
    }));
  });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  const found = violations.map((violation) => ({ picture, ...violation }));
  if (wide > 0) {
    found.push({
      picture,
      rule: 'overflow',
      help: 'The page scrolls sideways',
      where: [`${wide} px`],
    });
  }
  return found;
}

await mkdir(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: values.chromium,
  args: [
    '--no-sandbox',
    '--disable-gpu',
    '--disable-background-networking',
    '--use-fake-ui-for-media-stream',
    '--use-fake-device-for-media-stream',
    '--autoplay-policy=no-user-gesture-required',
  ],
});
const findings: Finding[] = [];
const errors: string[] = [];
let pictures = 0;
try {
  for (const shot of SHOTS.filter(
    ({ name }) => values.only === undefined || name.includes(values.only),
  )) {
    for (const width of [1440, 390]) {
      for (const theme of shot.oneTheme === true ? ['light'] : ['light', 'dark']) {
        const picture = `${shot.name}-${theme === 'dark' ? 'dark-' : ''}${width}`;
        const context = await browser.newContext({
          viewport: { width, height: width === 390 ? 844 : 900 },
          bypassCSP: true,
        });
        const page = await context.newPage();
        page.on('pageerror', (error) => errors.push(`${picture}: ${error.message}`));
        await open(page, shot, theme);
        await page.screenshot({
          path: join(out, `${picture}.png`),
          fullPage: shot.fullPage === true,
        });
        findings.push(...(await inspect(page, picture)));
        await context.close();
        pictures += 1;
      }
    }
  }
} finally {
  await browser.close();
  server.close();
}
await writeFile(join(out, 'findings.json'), JSON.stringify({ findings, errors }, null, 2));
for (const { picture, rule, help, where } of findings) {
  console.log(`${picture}: ${rule}: ${help}\n  ${where.join('\n  ')}`);
}
for (const error of errors) console.log(error);
console.log(`${pictures} pictures, ${findings.length} findings, ${errors.length} errors.`);
process.exit(findings.length + errors.length === 0 ? 0 : 1);
