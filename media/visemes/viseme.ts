/**
 * The fifteen mouth shapes that a viewer tells apart, under the names that Oculus and OpenXR gave them
 * (XR_META_face_tracking_visemes). `nn` also stands for l, `RR` for r and er, `kk` for g and ng, `SS` for z.
 */
export const VISEMES = [
  'sil',
  'PP',
  'FF',
  'TH',
  'DD',
  'kk',
  'CH',
  'SS',
  'nn',
  'RR',
  'aa',
  'E',
  'ih',
  'oh',
  'ou',
] as const;
export type Viseme = (typeof VISEMES)[number];
