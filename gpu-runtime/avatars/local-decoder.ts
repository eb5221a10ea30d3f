/** Decodes an avatar's mouth in this process, for the tools and for comparison: no server, no batching, one thread. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { PARAMETERS } from '../face/decoder-graph.ts';
import { loadBank, RECORD_BYTES, RECORD_PARTS, type TemplateBank } from '../face/template-bank.ts';

export interface Decoded {
  /** [rows, 240, 240] per channel, RGB in -1..1. */
  WINDOW: Float32Array;
  /** One after another. */
  I420: Uint8Array;
  RGB: Uint8Array;
}

export class LocalDecoder {
  readonly bank: TemplateBank;
  readonly #session: InferenceSession;

  private constructor(bank: TemplateBank, session: InferenceSession) {
    this.bank = bank;
    this.#session = session;
  }

  /** Throws MODEL_INVALID. */
  static async open(folder: string, threads = 1): Promise<LocalDecoder> {
    const bank = await loadBank(folder);
    const session = await InferenceSession.create(Uint8Array.from(bank.decoder), {
      executionProviders: ['cpu'],
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      logSeverityLevel: 3,
    });
    return new LocalDecoder(bank, session);
  }

  /** Feeds of the decoder for these rows. */
  feeds(rows: readonly { frame: number; params: Float32Array }[]): Record<string, Tensor> {
    const feeds: Record<string, Tensor> = {};
    for (const { name, datatype, offset, bytes, shape } of RECORD_PARTS) {
      const data = new Uint8Array(rows.length * bytes);
      rows.forEach(({ frame }, row) => {
        data.set(
          new Uint8Array(this.bank.records, frame * RECORD_BYTES + offset, bytes),
          row * bytes,
        );
      });
      feeds[name] =
        datatype === 'FP16'
          ? new Tensor('float16', new Uint16Array(data.buffer), [rows.length, ...shape])
          : new Tensor('float32', new Float32Array(data.buffer), [rows.length, ...shape]);
    }
    const params = new Float32Array(rows.length * PARAMETERS);
    rows.forEach((row, index) => {
      params.set(row.params, index * PARAMETERS);
    });
    feeds['params'] = new Tensor('float32', params, [rows.length, PARAMETERS]);
    return feeds;
  }

  async run(feeds: Record<string, Tensor>, output: keyof Decoded): Promise<Tensor> {
    return (await this.#session.run(feeds, [output]))[output]!;
  }

  /** One output of one row. */
  async decode<Name extends keyof Decoded>(
    frame: number,
    params: Float32Array,
    output: Name,
  ): Promise<Decoded[Name]> {
    return (await this.run(this.feeds([{ frame, params }]), output)).data as Decoded[Name];
  }

  async close(): Promise<void> {
    await this.#session.release();
  }
}
