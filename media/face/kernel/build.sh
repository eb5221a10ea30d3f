#!/bin/sh
# Compiles kernel.c to kernel.wasm. Needs clang with a wasm32 target, for example zig (`pip install ziglang`):
#   CC="python3 -m ziglang cc" sh media/face/kernel/build.sh
set -e
cd "$(dirname "$0")"
${CC:-clang} --target=wasm32-freestanding -O3 -msimd128 -mbulk-memory -ffast-math -nostdlib -Wl,--no-entry \
  -Wl,--import-memory -Wl,--export=__heap_base -Wl,--strip-all -o kernel.wasm kernel.c
