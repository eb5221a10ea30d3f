/** The renderer's inner loops in WebAssembly (kernel.c), and the memory in which they work. */
import { readFile } from 'node:fs/promises';

const WASM = new URL('./kernel.wasm', import.meta.url);
const PAGE_BYTES = 65536;
/** Enough for any vector load, and for the wider number types. */
const ALIGNMENT = 16;

interface KernelFunctions {
  sumFields(
    fields: number,
    amounts: number,
    count: number,
    nodes: number,
    forwardX: number,
    forwardY: number,
  ): void;
  invertFields(
    forwardX: number,
    forwardY: number,
    backX: number,
    backY: number,
    firstCell: number,
    lastCell: number,
    rows: number,
    columns: number,
    cell: number,
    stillPx: number,
  ): void;
  warpPlane(
    source: number,
    target: number,
    backX: number,
    backY: number,
    firstCell: number,
    lastCell: number,
    width: number,
    cell: number,
    step: number,
    cellRows: number,
    columns: number,
  ): void;
  addSprite(
    sourceX: number,
    targetY: number,
    sourceY: number,
    rows: number,
    sprite: number,
    width: number,
    height: number,
    weight: number,
    sums: number,
  ): void;
  blendWindow(
    sums: number,
    mask: number,
    base: number,
    frame: number,
    width: number,
    height: number,
    stride: number,
  ): void;
  paintEye(eye: number): void;
}

type NumberArray<T> = new (buffer: ArrayBuffer, byteOffset: number, length: number) => T;

let compiled: Promise<WebAssembly.Module> | undefined;

/** One face's memory with the functions that work on it. Addresses are byte offsets into the memory. */
export class Kernel {
  readonly call: KernelFunctions;
  readonly #memory: WebAssembly.Memory;
  #next: number;

  private constructor(memory: WebAssembly.Memory, instance: WebAssembly.Instance) {
    const { __heap_base: heap, ...functions } = instance.exports;
    this.call = functions as unknown as KernelFunctions;
    this.#memory = memory;
    this.#next = (heap as WebAssembly.Global).value as number;
  }

  /** A kernel with room for `bytes` of allocations (their alignment included by a generous margin). */
  static async create(bytes: number): Promise<Kernel> {
    compiled ??= readFile(WASM).then((file) => WebAssembly.compile(file));
    const module = await compiled;
    const memory = new WebAssembly.Memory({ initial: Math.ceil(bytes / PAGE_BYTES) + 8 });
    return new Kernel(memory, await WebAssembly.instantiate(module, { env: { memory } }));
  }

  /** A zeroed array inside the memory; its `byteOffset` is its address. It lives as long as the kernel. */
  allocate<T extends { BYTES_PER_ELEMENT: number }>(
    type: NumberArray<T> & { BYTES_PER_ELEMENT: number },
    length: number,
  ): T {
    const at = Math.ceil(this.#next / ALIGNMENT) * ALIGNMENT;
    this.#next = at + length * type.BYTES_PER_ELEMENT;
    if (this.#next > this.#memory.buffer.byteLength)
      throw new RangeError('The kernel’s memory is too small.');
    return new type(this.#memory.buffer, at, length);
  }
}
