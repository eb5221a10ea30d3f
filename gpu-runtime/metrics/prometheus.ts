/** Metrics as text for Prometheus. Source: "Exposition formats", prometheus.io, version 0.0.4. */
import type { HistogramCounts } from './histogram.ts';

export const CONTENT_TYPE = 'text/plain; version=0.0.4; charset=utf-8';

export type Labels = Readonly<Record<string, string>>;
export interface Sample {
  labels?: Labels;
  value: number;
}
export interface HistogramSample {
  labels?: Labels;
  histogram: HistogramCounts;
}

/** Something that has metrics of its own to add. */
export type MetricSource = (text: PrometheusText) => void;

export class PrometheusText {
  readonly #lines: string[] = [];

  gauge(name: string, help: string, samples: readonly Sample[]): void {
    this.#family(name, 'gauge', help, samples);
  }

  /** Only ever grows while the process lives; its name ends with `_total`. */
  counter(name: string, help: string, samples: readonly Sample[]): void {
    this.#family(name, 'counter', help, samples);
  }

  histogram(name: string, help: string, samples: readonly HistogramSample[]): void {
    this.#head(name, 'histogram', help);
    for (const { labels = {}, histogram } of samples) {
      let below = 0;
      histogram.counts.forEach((count, index) => {
        below += count;
        const bound = histogram.bounds[index];
        this.#sample(
          `${name}_bucket`,
          { ...labels, le: bound === undefined ? '+Inf' : String(bound) },
          below,
        );
      });
      this.#sample(`${name}_sum`, labels, histogram.sum);
      this.#sample(`${name}_count`, labels, below);
    }
  }

  toString(): string {
    return `${this.#lines.join('\n')}\n`;
  }

  #family(name: string, type: string, help: string, samples: readonly Sample[]): void {
    this.#head(name, type, help);
    for (const { labels = {}, value } of samples) {
      this.#sample(name, labels, value);
    }
  }

  #head(name: string, type: string, help: string): void {
    this.#lines.push(`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`);
  }

  #sample(name: string, labels: Labels, value: number): void {
    const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
    const set = pairs.length === 0 ? '' : `{${pairs.join(',')}}`;
    this.#lines.push(`${name}${set} ${String(value)}`);
  }
}

function escaped(text: string): string {
  return text.replace(/\\/gu, '\\\\').replace(/"/gu, '\\"').replace(/\n/gu, '\\n');
}
