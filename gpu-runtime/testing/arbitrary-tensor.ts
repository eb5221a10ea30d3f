/** Tensors of every datatype and shape, for property tests. */
import fc from 'fast-check';
import {
  ELEMENT_BYTES,
  elementCount,
  encodeBytes,
  type Datatype,
  type Tensor,
} from '../tensor/tensor.ts';

const datatypes = Object.keys(ELEMENT_BYTES) as Datatype[];

export const arbitraryTensor: fc.Arbitrary<Tensor> = fc
  .record({
    name: fc.stringMatching(/^[A-Za-z_]{1,12}$/),
    datatype: fc.constantFrom(...datatypes),
    shape: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
  })
  .chain(({ name, datatype, shape }) => {
    const count = elementCount(shape);
    const size = count * ELEMENT_BYTES[datatype];
    const data =
      datatype === 'BYTES'
        ? fc
            .array(fc.uint8Array({ maxLength: 6 }), { minLength: count, maxLength: count })
            .map(encodeBytes)
        : fc.uint8Array({ minLength: size, maxLength: size });
    return data.map((bytes) => ({ name, datatype, shape, data: bytes }));
  });
