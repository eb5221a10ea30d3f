/** The part of autocannon that is used here; the package brings no types. */
declare module 'autocannon' {
  export interface AutocannonOptions {
    url: string;
    connections: number;
    /** Seconds. */
    duration: number;
    /** Requests a second of all connections together; as fast as they are answered when absent. */
    overallRate?: number;
    method?: string;
    headers?: Readonly<Record<string, string>>;
    body?: string;
    /** Seconds until a request counts as lost. */
    timeout?: number;
  }
  export interface AutocannonResult {
    /** Seconds. */
    duration: number;
    errors: number;
    timeouts: number;
    non2xx: number;
    '2xx': number;
    requests: { total: number; average: number };
    /** Milliseconds. */
    latency: { p50: number; p97_5: number; p99: number; max: number };
  }
  export default function autocannon(options: AutocannonOptions): Promise<AutocannonResult>;
}
