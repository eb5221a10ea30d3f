/** The scenarios that learners may choose, and the making of new ones. Files are the seed; the database is what counts. */
import type { ScenarioSummary } from '#agents/dispatch/catalogue.ts';
import type { Scenario } from '#agents/dispatch/scenario.ts';
import { parseScenario, ScenarioError, summaryOf } from '#agents/dispatch/scenario-store.ts';
import { createHash } from 'node:crypto';
import { stringify } from 'yaml';
import type { Page, PageRequest } from './data/paging.ts';
import type {
  Draft,
  ScenarioHead,
  ScenarioRecords,
  ScenarioVersion,
} from './data/scenario-records.ts';
import { ProblemError } from './problems.ts';

/**
 * A scenario travels to its job as metadata of the dispatch. LiveKit takes 64,000 bytes of that; names and addresses take
 * the rest. Ours are 20,000 bytes long.
 */
export const MOST_BYTES = 48_000;
const SEED_OWNER = 'file';

/** A scenario file of the folder. */
export interface SeedFile {
  scenario: Scenario;
  yaml: string;
}

export interface PublishedScenario {
  version: number;
  scenario: Scenario;
}

export class Scenarios {
  readonly #records: ScenarioRecords;
  readonly #now: () => Date;
  /** Versions never change: those in use are kept, by id and version. */
  readonly #versions = new Map<string, Scenario>();
  /** What was asked for a moment ago, so that a class that starts at once asks the database once. */
  readonly #heads = new Map<string, { head: ScenarioHead; untilMs: number }>();
  #catalogue: { summaries: Promise<ScenarioSummary[]>; untilMs: number } | undefined;

  constructor(records: ScenarioRecords, now: () => Date = () => new Date()) {
    this.#records = records;
    this.#now = now;
  }

  /**
   * Takes in the files: a new one is published, one that has changed becomes a new version, one that is gone leaves the
   * catalogue. A scenario that was changed through the API is left alone.
   */
  async seed(files: readonly SeedFile[]): Promise<void> {
    await this.#records.alone(async (records) => {
      const heads = new Map((await records.heads()).map((head) => [head.id, head]));
      for (const { scenario, yaml } of files) {
        const draft = this.#draft(scenario, { source: yaml, createdBy: SEED_OWNER, publish: true });
        const head = heads.get(scenario.id);
        heads.delete(scenario.id);
        if (head === undefined) {
          await records.create(scenario.id, 'file', draft);
        } else if (head.origin === 'file') {
          const latest = await records.version(head.id, head.latestVersion);
          if (latest?.sourceHash !== draft.sourceHash) {
            await records.addVersion(head.id, head.revision, 'file', draft);
          } else if (head.archivedAt !== null) {
            await records.archive(head.id, head.revision, this.#now(), false);
          }
        }
      }
      for (const { id, origin, revision, archivedAt } of heads.values()) {
        if (origin === 'file' && archivedAt === null) {
          await records.archive(id, revision, this.#now());
        }
      }
    });
    this.#forget();
  }

  /** What learners may choose, in the order of the ids; the same object while nothing has changed for a moment. */
  catalogue(): Promise<ScenarioSummary[]> {
    const nowMs = this.#now().getTime();
    if (this.#catalogue === undefined || nowMs >= this.#catalogue.untilMs) {
      const kept = {
        summaries: this.#records
          .published()
          .then((published) => published.map(({ document }) => summaryOf(document))),
        untilMs: nowMs + FRESH_MS,
      };
      this.#catalogue = kept;
      kept.summaries.catch(() => {
        if (this.#catalogue === kept) {
          this.#catalogue = undefined;
        }
      });
    }
    return this.#catalogue.summaries;
  }

  /** Throws ProblemError SCENARIO_UNKNOWN, also where nothing of it is published. */
  async published(id: string): Promise<PublishedScenario> {
    const head = await this.#freshHead(id);
    const version = head?.publishedVersion;
    if (head === undefined || head.archivedAt !== null || typeof version !== 'number') {
      const known = await this.#records.published();
      throw new ProblemError(
        'SCENARIO_UNKNOWN',
        `Known scenarios: ${known.map((one) => one.id).join(', ')}.`,
      );
    }
    const key = `${id} ${String(version)}`;
    const kept = this.#versions.get(key);
    if (kept !== undefined) {
      return { version, scenario: kept };
    }
    const { document } = await this.version(id, version);
    if (this.#versions.size >= MOST_KEPT) {
      this.#versions.clear();
    }
    this.#versions.set(key, document);
    return { version, scenario: document };
  }

  /** Throws ProblemError SCENARIO_UNKNOWN. */
  async head(id: string): Promise<ScenarioHead> {
    const head = await this.#records.find(id);
    if (head === undefined) {
      throw new ProblemError('SCENARIO_UNKNOWN', 'GET /api/v1/scenarios lists them.');
    }
    return head;
  }

  async knows(id: string): Promise<boolean> {
    return (await this.#records.find(id)) !== undefined;
  }

  list(page: PageRequest): Promise<Page<ScenarioHead>> {
    return this.#records.list(page);
  }

  /** Throws ProblemError SCENARIO_VERSION_UNKNOWN. */
  async version(id: string, version: number): Promise<ScenarioVersion> {
    const found = await this.#records.version(id, version);
    if (found === undefined) {
      throw new ProblemError(
        'SCENARIO_VERSION_UNKNOWN',
        `GET /api/v1/scenarios/${id}/versions lists them.`,
      );
    }
    return found;
  }

  versions(
    id: string,
    request: { limit: number; before?: number | undefined },
  ): ReturnType<ScenarioRecords['versions']> {
    return this.#records.versions(id, request);
  }

  /** Version 1. Throws ProblemError SCENARIO_EXISTS or SCENARIO_INVALID. */
  async create(scenario: Scenario, options: DraftOptions): Promise<ScenarioHead> {
    const head = await this.#records.create(scenario.id, 'api', this.#draft(scenario, options));
    if (head === undefined) {
      throw new ProblemError('SCENARIO_EXISTS', 'Add a version to it, or choose another id.');
    }
    this.#forget();
    return head;
  }

  /** Throws ProblemError SCENARIO_UNKNOWN, SCENARIO_INVALID or REVISION_STALE. */
  async addVersion(
    scenario: Scenario,
    revision: Revision,
    options: DraftOptions,
  ): Promise<ScenarioHead> {
    const draft = this.#draft(scenario, options);
    return this.#at(scenario.id, revision, (current) =>
      this.#records.addVersion(scenario.id, current, 'api', draft),
    );
  }

  /** Throws ProblemError SCENARIO_UNKNOWN, SCENARIO_VERSION_UNKNOWN or REVISION_STALE. */
  async publish(id: string, revision: Revision, version: number): Promise<ScenarioHead> {
    await this.head(id);
    await this.version(id, version);
    return this.#at(id, revision, (current) =>
      this.#records.publish(id, current, version, this.#now()),
    );
  }

  /** Out of the catalogue; reports of its sessions stay. Throws ProblemError SCENARIO_UNKNOWN or REVISION_STALE. */
  async archive(id: string, revision: Revision): Promise<ScenarioHead> {
    return this.#at(id, revision, (current) => this.#records.archive(id, current, this.#now()));
  }

  async #freshHead(id: string): Promise<ScenarioHead | undefined> {
    const nowMs = this.#now().getTime();
    const kept = this.#heads.get(id);
    if (kept !== undefined && nowMs < kept.untilMs) {
      return kept.head;
    }
    const head = await this.#records.find(id);
    // What nobody knows is not kept: there are endlessly many of those.
    if (head !== undefined) {
      this.#heads.set(id, { head, untilMs: nowMs + FRESH_MS });
    }
    return head;
  }

  /** Something has changed here. Other processes see it when what they keep is no longer fresh. */
  #forget(): void {
    this.#heads.clear();
    this.#catalogue = undefined;
  }

  async #at(
    id: string,
    revision: Revision,
    act: (revision: number) => Promise<ScenarioHead | undefined>,
  ): Promise<ScenarioHead> {
    const before = await this.head(id);
    const wanted = revision === 'any' ? before.revision : revision;
    const changed = wanted === before.revision ? await act(wanted) : undefined;
    this.#forget();
    if (changed === undefined) {
      throw new ProblemError('REVISION_STALE', 'Read it again; If-Match takes its new ETag.');
    }
    return changed;
  }

  #draft(scenario: Scenario, { source, createdBy, publish }: DraftOptions): Draft {
    const text = JSON.stringify(scenario);
    const bytes = Buffer.byteLength(text);
    if (bytes > MOST_BYTES) {
      throw new ProblemError(
        'SCENARIO_INVALID',
        `It has ${String(bytes)} bytes as JSON; ${String(MOST_BYTES)} are the most.`,
      );
    }
    return {
      document: scenario,
      source,
      sourceHash: createHash('sha256')
        .update(source ?? text)
        .digest('hex'),
      createdBy,
      createdAt: this.#now(),
      publish,
    };
  }
}

/** More than any catalogue has. */
const MOST_KEPT = 200;
/** A change that was made through another process is met within this. */
const FRESH_MS = 1_000;

export interface DraftOptions {
  source: string | null;
  createdBy: string;
  publish: boolean;
}

/** What the scenario is expected to be at. */
export type Revision = number | 'any';

/** Reads YAML or JSON text. Throws ProblemError SCENARIO_INVALID with a line for each thing that is wrong. */
export function readScenario(text: string): Scenario {
  try {
    return parseScenario(text, undefined);
  } catch (error) {
    if (!(error instanceof ScenarioError)) {
      throw error;
    }
    const { problems } = error;
    throw new ProblemError('SCENARIO_INVALID', problems[0] ?? '', { problems });
  }
}

/** As it was written, else as YAML of the same meaning. */
export const yamlOf = ({ source, document }: ScenarioVersion): string =>
  source ?? stringify(document, { lineWidth: 110 });
