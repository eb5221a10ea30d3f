/** Small dense matrices, row after row. */

/** Solves A x = b for several right sides: `a` [n, n] symmetric and positive, `b` [n, m]; gives x [n, m]. By Cholesky. */
export function solve(a: Float64Array, b: Float64Array, n: number, m: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let i = 0; i < n; i += 1) {
    for (let j = 0; j <= i; j += 1) {
      let sum = a[i * n + j]!;
      for (let k = 0; k < j; k += 1) {
        sum -= l[i * n + k]! * l[j * n + k]!;
      }
      l[i * n + j] = i === j ? Math.sqrt(Math.max(sum, 1e-12)) : sum / l[j * n + j]!;
    }
  }
  const x = Float64Array.from(b);
  for (let i = 0; i < n; i += 1) {
    for (let k = 0; k < i; k += 1) {
      addRow(x, i, x, k, -l[i * n + k]!, m);
    }
    scaleRow(x, i, 1 / l[i * n + i]!, m);
  }
  for (let i = n - 1; i >= 0; i -= 1) {
    for (let k = i + 1; k < n; k += 1) {
      addRow(x, i, x, k, -l[k * n + i]!, m);
    }
    scaleRow(x, i, 1 / l[i * n + i]!, m);
  }
  return x;
}

/** The largest eigenvalues of a symmetric matrix with their vectors, by power iteration on a block. */
export function eigen(
  a: Float64Array,
  n: number,
  count: number,
  rounds = 40,
): { values: number[]; vectors: Float64Array[] } {
  let block = Array.from({ length: count }, (_, index) =>
    Float64Array.from({ length: n }, (_value, i) => Math.sin((i + 1) * (index + 1) * 0.731)),
  );
  for (let round = 0; round < rounds; round += 1) {
    block = orthonormal(block.map((vector) => times(a, vector, n)));
  }
  const values = block.map((vector) => dot(vector, times(a, vector, n)));
  const order = values.map((_value, index) => index).sort((x, y) => values[y]! - values[x]!);
  return { values: order.map((i) => values[i]!), vectors: order.map((i) => block[i]!) };
}

export function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < a.length; i += 1) {
    sum += a[i]! * b[i]!;
  }
  return sum;
}

function times(a: Float64Array, vector: Float64Array, n: number): Float64Array {
  return Float64Array.from({ length: n }, (_, i) => dot(a.subarray(i * n, (i + 1) * n), vector));
}

/** Gram and Schmidt. */
function orthonormal(vectors: readonly Float64Array[]): Float64Array<ArrayBuffer>[] {
  const done: Float64Array<ArrayBuffer>[] = [];
  for (const vector of vectors) {
    const rest = Float64Array.from(vector);
    for (const other of done) {
      const share = dot(rest, other);
      rest.forEach((value, i) => {
        rest[i] = value - share * other[i]!;
      });
    }
    const length = Math.sqrt(dot(rest, rest)) || 1;
    done.push(rest.map((value) => value / length));
  }
  return done;
}

function addRow(
  to: Float64Array,
  row: number,
  from: Float64Array,
  other: number,
  factor: number,
  m: number,
): void {
  for (let j = 0; j < m; j += 1) {
    to[row * m + j] = to[row * m + j]! + factor * from[other * m + j]!;
  }
}

function scaleRow(x: Float64Array, row: number, factor: number, m: number): void {
  for (let j = 0; j < m; j += 1) {
    x[row * m + j] = x[row * m + j]! * factor;
  }
}
