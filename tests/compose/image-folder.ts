/** The folder of the project that an image would hold: what its Dockerfile's last stage copies, and nothing else. */
import { cp, mkdir, readFile, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const PROJECT = fileURLToPath(new URL('../..', import.meta.url));

export interface CopyLine {
  from: string | undefined;
  sources: string[];
  target: string;
}

/** Instructions of a Dockerfile, continued lines joined, comments left out. */
export function instructions(dockerfile: string): string[] {
  return dockerfile
    .split('\n')
    .filter((line) => !line.startsWith('#'))
    .join('\n')
    .replaceAll(/\\\n\s*/g, ' ')
    .split('\n')
    .filter((line) => line.trim() !== '');
}

export function copyLines(lines: readonly string[]): CopyLine[] {
  return lines
    .filter((line) => line.startsWith('COPY '))
    .map((line) => {
      const words = line.split(/\s+/).slice(1);
      const from = words.find((word) => word.startsWith('--from='))?.slice('--from='.length);
      const paths = words.filter((word) => !word.startsWith('--'));
      return { from, sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
    });
}

/** Fills `folder` as the image's /app. Packages and the built page are those of the project. */
export async function fillImageFolder(dockerfile: string, folder: string): Promise<void> {
  const lines = instructions(await readFile(join(PROJECT, dockerfile), 'utf8'));
  const lastStage = lines.slice(lines.findLastIndex((line) => line.startsWith('FROM ')));
  await mkdir(folder, { recursive: true });
  await symlink(join(PROJECT, 'node_modules'), join(folder, 'node_modules'));
  for (const { from, sources, target } of copyLines(lastStage)) {
    if (target === 'web/dist') {
      await mkdir(join(folder, 'web'), { recursive: true });
      await symlink(join(PROJECT, 'web', 'dist'), join(folder, 'web', 'dist'));
    } else if (from === undefined && !target.startsWith('/')) {
      for (const source of sources) {
        const to = target === './' ? join(folder, source) : join(folder, target);
        await mkdir(dirname(to), { recursive: true });
        await cp(join(PROJECT, source), to, {
          recursive: true,
          // As .dockerignore has it.
          filter: (path) => !/\.(test\.tsx?|md)$/.test(path),
        });
      }
    }
  }
}
