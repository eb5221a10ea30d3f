import { describe, expect, it } from 'vitest';
import { chooseProviders, lookAtMachine, whyNotDevice } from './provider.ts';

const NONE = { device: false, libraries: [] };
const GPU = {
  device: true,
  libraries: ['libonnxruntime_providers_cuda.so', 'libonnxruntime_providers_shared.so'],
};

describe('the provider', () => {
  it('is the device where library and device are there, with the CPU behind it', () => {
    expect(chooseProviders(undefined, GPU)).toEqual(['cuda', 'cpu']);
    expect(chooseProviders('auto', { ...GPU, device: false })).toEqual(['cpu']);
    expect(chooseProviders('auto', { device: true, libraries: [] })).toEqual(['cpu']);
    expect(chooseProviders('cpu', GPU)).toEqual(['cpu']);
  });

  it('is what a model asks for, or the model is refused with the reason', () => {
    expect(chooseProviders('cuda', GPU)).toEqual(['cuda']);
    expect(() => chooseProviders('cuda', NONE)).toThrow(/no device/u);
    expect(() => chooseProviders('tensorrt', GPU)).toThrow(/no library/u);
    expect(() => chooseProviders('abacus', GPU)).toThrow(/abacus/u);
  });

  it('is explained where a device goes unused', () => {
    expect(whyNotDevice({ device: true, libraries: [] })).toMatch(/no CUDA library/u);
    expect(whyNotDevice(GPU)).toBeUndefined();
    expect(whyNotDevice(NONE)).toBeUndefined();
  });

  it('is found on any machine', () => {
    expect(chooseProviders('auto', lookAtMachine()).at(-1)).toBe('cpu');
  });
});
