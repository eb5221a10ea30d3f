/**
 * Changes LiteAvatar's decoder, as its users export it for one frame, into what the runtime serves: any number of frames
 * at once, the mouth's window only, 8-bit patches on the picture's grid. Source: `net_decode.onnx` of the LiteAvatar
 * project: `input`, `skip1`, `skip0`, `skip` are the encoder's feature maps at 384, 192, 96 and 48, `params` 32 numbers,
 * `output` RGB in -1..1.
 */
import { RuntimeError } from '../errors.ts';
import { ELEMENT, newNode, OnnxGraph, type Node } from '../onnx/onnx-graph.ts';
import {
  GRID,
  gridToPicture,
  MOUTH_WINDOW,
  patchBox,
  resampling,
  type Placement,
} from './geometry.ts';

export const PARAMETERS = 32;

/** The encoder's feature maps by the decoder's names: channels, and how much coarser than the grid. */
export const FEATURES = {
  input: { channels: 3, step: 1 },
  skip1: { channels: 16, step: 2 },
  skip0: { channels: 32, step: 4 },
  skip: { channels: 64, step: 8 },
} as const;
export type FeatureName = keyof typeof FEATURES;
export const FEATURE_NAMES = Object.keys(FEATURES) as FeatureName[];

/** Feature maps that are cut to the window: what comes before them needs the whole face. */
export const CUT_FEATURES: readonly FeatureName[] = ['input', 'skip1'];

/** The value whose statistics are taken over the whole grid: it is normalised at 192, where only the window is computed. */
const LAST_NORM_INPUT = '/model/decoder/Concat_1_output_0';
const LAST_NORM_CHANNELS = 32;
const ROWS = 'rows';

/**
 * The same network for any number of rows. Throws MODEL_INVALID unless it has the contract's inputs and output, each for
 * one row.
 */
export function batchedDecoder(file: Uint8Array): OnnxGraph {
  const graph = OnnxGraph.read(file);
  const wanted = [...FEATURE_NAMES, 'params'];
  const names = graph.inputs.map(({ name }) => name);
  if (names.length !== wanted.length || !wanted.every((name) => names.includes(name))) {
    throw invalid(`It takes ${names.join(', ')} where the contract has ${wanted.join(', ')}.`);
  }
  for (const node of graph.nodes) {
    const shape = node.op === 'Reshape' ? node.inputs[1] : undefined;
    const sizes = shape === undefined ? undefined : graph.wholeNumbers(shape);
    if (shape !== undefined && sizes?.[0] === 1) {
      graph.setWholeNumbers(shape, [sizes.slice(1).includes(-1) ? 0 : -1, ...sizes.slice(1)]);
    }
  }
  const open = <T extends { shape: readonly (number | string)[] }>(value: T): T => ({
    ...value,
    shape: [ROWS, ...value.shape.slice(1)],
  });
  graph.inputs = graph.inputs.map(open);
  graph.outputs = graph.outputs.map(open);
  return graph;
}

/**
 * Gives, beside the face, what the last normalisation sees: `SEEN` [rows, 32, 192, 192]. From it the bank keeps the share
 * of the statistics that lies outside the window.
 */
export function probeDecoder(file: Uint8Array): OnnxGraph {
  const graph = batchedDecoder(file);
  graph.add('Identity', [LAST_NORM_INPUT], ['SEEN']);
  const half = GRID / FEATURES.skip1.step;
  graph.outputs.push({
    name: 'SEEN',
    element: ELEMENT.FLOAT,
    shape: [ROWS, LAST_NORM_CHANNELS, half, half],
  });
  return graph;
}

/**
 * The decoder that the runtime serves. Inputs: the feature maps as half floats (`input` and `skip1` cut to the window),
 * `outside_mean` and `outside_square` [rows, 32, 1, 1], `params`. Outputs: `RGB` [rows, height, width, 3], `I420`
 * [rows, width × height × 3 / 2], BT.601 limited range, and `WINDOW` [rows, 3, 240, 240] in -1..1 for calibration.
 */
export function patchDecoder(file: Uint8Array, placement: Placement): OnnxGraph {
  const graph = batchedDecoder(file);
  cutToWindow(graph);
  takeHalfFloats(graph);
  givePatches(graph, placement);
  return graph;
}

/** From the second stage on only the window is computed; statistics of the last one add what lies outside. */
function cutToWindow(graph: OnnxGraph): void {
  const { left, top, right, bottom } = MOUTH_WINDOW;
  const { step } = FEATURES.skip0;
  graph.addConstant('window_from', [top / step, left / step], [2], true);
  graph.addConstant('window_to', [bottom / step, right / step], [2], true);
  graph.addConstant('window_axes', [2, 3], [2], true);
  graph.addConstant('norm_epsilon', [1e-5], []);
  graph.addConstant('window_share', [((right - left) * (bottom - top)) / GRID ** 2], []);
  const slice = (from: string, to: string): Node =>
    newNode('Slice', [from, 'window_from', 'window_to', 'window_axes'], [to]);
  const nodes: Node[] = [];
  let changes = 0;
  for (const node of graph.nodes) {
    if (node.name === '/model/decoder/1/conv2/Conv') {
      nodes.push(slice(node.inputs[0]!, 'second_cut'));
      node.inputs[0] = 'second_cut';
      changes += 1;
    } else if (node.name === '/model/decoder/1/Add') {
      nodes.push(slice(node.inputs[1]!, 'second_skip_cut'));
      node.inputs[1] = 'second_skip_cut';
      changes += 1;
    } else if (node.op === 'InstanceNormalization' && node.inputs[0] === LAST_NORM_INPUT) {
      nodes.push(...normalisation(node.inputs[0], node.outputs[0]!));
      changes += 1;
      continue;
    }
    nodes.push(node);
  }
  if (changes !== 3) {
    throw invalid('Its stages are not those of LiteAvatar’s decoder.');
  }
  graph.nodes = nodes;
  for (const name of ['outside_mean', 'outside_square']) {
    graph.inputs.push({
      name,
      element: ELEMENT.FLOAT,
      shape: [ROWS, LAST_NORM_CHANNELS, 1, 1],
    });
  }
}

/** Instance normalisation whose mean and mean square are the window's share and the bank's. */
function normalisation(from: string, to: string): Node[] {
  const over = { axes: [2, 3], keepdims: 1 };
  return [
    newNode('ReduceMean', [from], ['norm_window_mean'], over),
    newNode('Mul', [from, from], ['norm_squares']),
    newNode('ReduceMean', ['norm_squares'], ['norm_window_square'], over),
    newNode('Mul', ['norm_window_mean', 'window_share'], ['norm_inner_mean']),
    newNode('Add', ['norm_inner_mean', 'outside_mean'], ['norm_mean']),
    newNode('Mul', ['norm_window_square', 'window_share'], ['norm_inner_square']),
    newNode('Add', ['norm_inner_square', 'outside_square'], ['norm_square']),
    newNode('Mul', ['norm_mean', 'norm_mean'], ['norm_mean_squared']),
    newNode('Sub', ['norm_square', 'norm_mean_squared'], ['norm_raw_variance']),
    newNode('Add', ['norm_raw_variance', 'norm_epsilon'], ['norm_variance']),
    newNode('Sqrt', ['norm_variance'], ['norm_deviation']),
    newNode('Sub', [from, 'norm_mean'], ['norm_centred']),
    newNode('Div', ['norm_centred', 'norm_deviation'], [to]),
  ];
}

/** Banks hold half floats; the network computes in floats. */
function takeHalfFloats(graph: OnnxGraph): void {
  const casts: Node[] = [];
  graph.inputs = graph.inputs.map((value) => {
    const name = FEATURE_NAMES.find((each) => each === value.name);
    if (name === undefined) {
      return value;
    }
    casts.push(newNode('Cast', [`${name}_half`], [name], { to: ELEMENT.FLOAT }));
    const { height, width } = featureSize(name);
    const shape = [ROWS, FEATURES[name].channels, height, width];
    return { name: `${name}_half`, element: ELEMENT.FLOAT16, shape };
  });
  graph.nodes = [...casts, ...graph.nodes];
}

/** The size of a feature map as the bank holds it. */
export function featureSize(name: FeatureName): { width: number; height: number } {
  const { step } = FEATURES[name];
  const { left, top, right, bottom } = CUT_FEATURES.includes(name)
    ? MOUTH_WINDOW
    : { left: 0, top: 0, right: GRID, bottom: GRID };
  return { width: (right - left) / step, height: (bottom - top) / step };
}

/** From RGB in -1..1 on the window's grid to 8 bits on the picture's. */
function givePatches(graph: OnnxGraph, placement: Placement): void {
  const window = MOUTH_WINDOW;
  const patch = patchBox(placement);
  const [width, height] = [patch.right - patch.left, patch.bottom - patch.top];
  const [windowWidth, windowHeight] = [window.right - window.left, window.bottom - window.top];
  const map = gridToPicture(placement);
  const across = resampling(map.x, [patch.left, patch.right], [window.left, window.right]);
  const down = resampling(map.y, [patch.top, patch.bottom], [window.top, window.bottom]);
  const turned = Float32Array.from({ length: across.length }, (_, at) => {
    const [column, row] = [at % width, Math.floor(at / width)];
    return across[column * windowWidth + row]!;
  });
  const last = graph.nodes.find(({ outputs }) => outputs[0] === 'output');
  if (last === undefined) {
    throw invalid('It gives no “output”.');
  }
  last.outputs[0] = 'WINDOW';
  graph.addConstant('patch_across', turned, [windowWidth, width]);
  graph.addConstant('patch_down', down, [height, windowHeight]);
  graph.addConstant('zero', [0], []);
  graph.addConstant('most', [255], []);
  graph.add('MatMul', ['WINDOW', 'patch_across'], ['patch_narrow']);
  graph.add('MatMul', ['patch_down', 'patch_narrow'], ['patch']);
  const toBytes = (from: string, to: string): void => {
    graph.add('Round', [from], [`${to}_round`]);
    graph.add('Clip', [`${to}_round`, 'zero', 'most'], [`${to}_clipped`]);
    graph.add('Cast', [`${to}_clipped`], [to], { to: ELEMENT.UINT8 });
  };
  graph.addConstant('half_range', [127.5], []);
  graph.add('Mul', ['patch', 'half_range'], ['patch_scaled']);
  graph.add('Add', ['patch_scaled', 'half_range'], ['patch_levels']);
  graph.add('Transpose', ['patch_levels'], ['patch_last'], { perm: [0, 2, 3, 1] });
  toBytes('patch_last', 'RGB');
  graph.addConstant('luma_weights', LUMA.map(scaled), [1, 3, 1, 1]);
  graph.addConstant('luma_bias', [16 + 127.5 * sum(LUMA.map(toByte))], [1]);
  graph.addConstant('chroma_weights', [...CHROMA_U, ...CHROMA_V].map(scaled), [2, 3, 1, 1]);
  graph.addConstant('chroma_bias', [128, 128], [2]);
  graph.addConstant('flat', [0, -1], [2], true);
  graph.add('Conv', ['patch', 'luma_weights', 'luma_bias'], ['luma']);
  graph.add('Conv', ['patch', 'chroma_weights', 'chroma_bias'], ['chroma_fine']);
  const pooling = { kernel_shape: [2, 2], strides: [2, 2] };
  graph.add('AveragePool', ['chroma_fine'], ['chroma'], pooling);
  graph.add('Reshape', ['luma', 'flat'], ['luma_flat']);
  graph.add('Reshape', ['chroma', 'flat'], ['chroma_flat']);
  graph.add('Concat', ['luma_flat', 'chroma_flat'], ['planes'], { axis: 1 });
  toBytes('planes', 'I420');
  graph.outputs = [
    { name: 'RGB', element: ELEMENT.UINT8, shape: [ROWS, height, width, 3] },
    { name: 'I420', element: ELEMENT.UINT8, shape: [ROWS, (width * height * 3) / 2] },
    { name: 'WINDOW', element: ELEMENT.FLOAT, shape: [ROWS, 3, windowHeight, windowWidth] },
  ];
}

/** ITU-R BT.601, limited range, for 8-bit RGB. */
const LUMA = [65.481, 128.553, 24.966];
const CHROMA_U = [-37.797, -74.203, 112];
const CHROMA_V = [112, -93.786, -18.214];
const toByte = (weight: number): number => weight / 255;
/** For RGB in -1..1; the shift of chroma is nothing, because its weights sum to nothing. */
const scaled = (weight: number): number => toByte(weight) * 127.5;
const sum = (numbers: readonly number[]): number => numbers.reduce((all, each) => all + each, 0);

function invalid(detail: string): RuntimeError {
  return new RuntimeError('MODEL_INVALID', { detail });
}
