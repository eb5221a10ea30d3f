/** Tells an error of memory from any other. Each engine has its own words for it and none has a code. */

const WORDS = [
  // onnxruntime: its arena, and CUDA's libraries under it.
  /failed to allocate memory/iu,
  /available memory of \d+ is smaller than requested/iu,
  /CUDA_ERROR_OUT_OF_MEMORY|CUDA failure 2\b|CUBLAS_STATUS_ALLOC_FAILED|CUDNN_STATUS_ALLOC_FAILED/u,
  // CTranslate2 and PyTorch.
  /CUDA( error:)? out of memory/iu,
  // Python, numpy, C++, the system, V8.
  /\bMemoryError\b|unable to allocate [\d.]+ \w+ for an array/iu,
  /std::bad_alloc/u,
  /cannot allocate memory|\bENOMEM\b/iu,
  /array buffer allocation failed|ERR_WORKER_OUT_OF_MEMORY/iu,
];

export function isOutOfMemory(error: unknown): boolean {
  for (let each = error; each instanceof Error; each = each.cause) {
    const { message } = each;
    if (WORDS.some((words) => words.test(message))) {
      return true;
    }
  }
  return false;
}
