/**
 * A neural avatar as a face: the template video with a decoded mouth. Decoding happens elsewhere and takes time, so a
 * mouth is asked for with the picture that will be shown when it comes, one picture later at best (`lagMs`); the latest that
 * has come is shown. A mouth at rest is the template's own and needs nothing.
 *
 * Where a mouth is late the picture is held, for `MAX_LAG_PICTURES` at most, then the mouth rests while the template
 * goes on; with baked mouths those take its place at once, and nothing is held.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock } from '#media/clock.ts';
import type { FaceRenderer } from '#media/ports.ts';
import type { FacePose } from '../pose.ts';
import { readAvatarManifest, type AvatarManifest } from './avatar-manifest.ts';
import { BakedMouths, placesOf } from './baked-mouths.ts';
import { MAX_LAG_PICTURES, MouthPace } from './mouth-pace.ts';
import { MouthParameters } from './mouth-parameters.ts';
import { PatchCompositor } from './patch-compositor.ts';
import { pingPong, TemplateVideo } from './template-video.ts';

/** Decodes mouths, here or in a runtime. */
export interface MouthDecoder {
  /**
   * The patch (I420 of the avatar's patch size) for a picture of the template and 32 parameters. Rejects where there is
   * none in time; an abort gives it up.
   */
  decode(
    frame: number,
    params: Float32Array,
    options: { timeoutMs: number; signal: AbortSignal },
  ): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface NeuralFaceOptions {
  /** The avatar's folder. */
  folder: string;
  clock: Clock;
  /** Without one, baked mouths alone are shown. */
  decoder?: MouthDecoder;
  framesPerSecond?: number;
}

export interface NeuralFaceCounters {
  /** Pictures with a mouth that was decoded for them, with a baked one, held for want of one, and at rest. */
  decoded: number;
  baked: number;
  held: number;
  rested: number;
  /** Mouths asked for, and those that did not come. */
  asked: number;
  failed: number;
}

interface Mouth {
  frame: number;
  patch: Uint8Array;
  /** The picture that it was made for. */
  picture: number;
}

/** The parts of an avatar that a face needs; faces of one process may share them. */
export interface NeuralAvatar {
  manifest: AvatarManifest;
  template: TemplateVideo;
  compositor: PatchCompositor;
  mouths: BakedMouths | undefined;
}

/** Rejects with FACE_UNKNOWN or FACE_PACK_INVALID. */
export async function openNeuralAvatar(folder: string): Promise<NeuralAvatar> {
  const manifest = await readAvatarManifest(folder);
  const { files } = manifest;
  const template = await TemplateVideo.open(folder, manifest);
  const colour = await readFile(join(folder, files.colour)).catch(() => undefined);
  const compositor = new PatchCompositor(manifest, colour);
  const baked =
    files.mouths === undefined
      ? undefined
      : await readFile(join(folder, files.mouths)).catch(() => undefined);
  const mouths = baked && BakedMouths.read(baked, placesOf(compositor.mask));
  return { manifest, template, compositor, mouths };
}

export class NeuralFaceRenderer implements FaceRenderer {
  readonly id: string;
  readonly widthPx: number;
  readonly heightPx: number;
  /** How much later than its pose a mouth is seen, at full rate. */
  readonly lagMs: number;
  readonly counters: NeuralFaceCounters = {
    ...{ decoded: 0, baked: 0, held: 0, rested: 0 },
    ...{ asked: 0, failed: 0 },
  };
  readonly #avatar: NeuralAvatar;
  readonly #parameters: MouthParameters;
  readonly #decoder: MouthDecoder | undefined;
  readonly #clock: Clock;
  readonly #pictureMs: number;
  readonly #pace: MouthPace;
  readonly #abort = new AbortController();
  readonly #bakedPatch: Uint8Array;
  #picture = 0;
  /** The mouth that came last, until it has been shown. */
  #arrived: Mouth | undefined;
  /** What the last picture showed; undefined where its mouth rested. */
  #shown: Mouth | undefined;
  #heldPictures = 0;
  /** Of the picture before: what a mouth shows that is made elsewhere. */
  #paramsBefore: Float32Array | undefined;

  constructor(avatar: NeuralAvatar, options: Omit<NeuralFaceOptions, 'folder'>) {
    const { manifest, compositor } = avatar;
    this.id = manifest.id;
    this.widthPx = manifest.picture.width;
    this.heightPx = manifest.picture.height;
    this.#avatar = avatar;
    this.#parameters = new MouthParameters(manifest);
    this.#decoder = options.decoder;
    this.#clock = options.clock;
    this.#pictureMs = 1_000 / (options.framesPerSecond ?? 25);
    this.lagMs = options.decoder === undefined ? 0 : this.#pictureMs;
    this.#pace = new MouthPace({ pictureMs: this.#pictureMs });
    this.#bakedPatch = new Uint8Array(compositor.patchBytes);
  }

  /** Rejects with FACE_UNKNOWN or FACE_PACK_INVALID. The caller closes it, and the decoder after it. */
  static async open(options: NeuralFaceOptions): Promise<NeuralFaceRenderer> {
    return new NeuralFaceRenderer(await openNeuralAvatar(options.folder), options);
  }

  /** Draws the next picture: unlike drawn faces, pictures follow one another, and each call is one. */
  render(pose: FacePose, frame: Uint8Array): void {
    const picture = this.#picture++;
    const params = this.#parameters.of(pose.mouth);
    const rests = this.#parameters.atRest(params);
    const lagging = this.#decoder === undefined ? params : (this.#paramsBefore ?? params);
    this.#paramsBefore = params;
    const mouth = this.#mouthFor(picture, lagging, rests);
    if (!rests) {
      this.#ask(picture, params);
    }
    const { template, compositor } = this.#avatar;
    this.#shown = mouth;
    const shownFrame = mouth?.frame ?? this.#frameOf(picture);
    frame.set(template.picture(shownFrame));
    if (mouth !== undefined) {
      compositor.blend(mouth.patch, mouth.frame, 1, frame);
    }
  }

  close(): void {
    this.#abort.abort();
    this.#arrived = undefined;
    this.#shown = undefined;
  }

  #frameOf(picture: number): number {
    return pingPong(picture, this.#avatar.manifest.frames);
  }

  /** Counts what it chooses. */
  #mouthFor(picture: number, params: Float32Array, rests: boolean): Mouth | undefined {
    const { mouths } = this.#avatar;
    // A late mouth is better than none; than a baked one it is not.
    const late = mouths !== undefined && (this.#arrived?.picture ?? picture) < picture;
    const arrived = late ? undefined : this.#arrived;
    this.#arrived = undefined;
    if (rests && arrived === undefined) {
      this.counters.rested += 1;
      this.#heldPictures = 0;
      return undefined;
    }
    if (arrived !== undefined) {
      this.counters.decoded += 1;
      this.#heldPictures = 0;
      return arrived;
    }
    if (mouths !== undefined) {
      const frame = this.#frameOf(picture);
      mouths.draw(frame, params, this.#bakedPatch);
      this.counters.baked += 1;
      return { frame, patch: this.#bakedPatch, picture };
    }
    if (this.#shown !== undefined && this.#heldPictures < MAX_LAG_PICTURES) {
      this.counters.held += 1;
      this.#heldPictures += 1;
      return this.#shown;
    }
    this.counters.rested += 1;
    return undefined;
  }

  #ask(picture: number, params: Float32Array): void {
    const decoder = this.#decoder;
    const { signal } = this.#abort;
    if (decoder === undefined || signal.aborted || !this.#pace.mayAsk(picture)) {
      return;
    }
    const shownAt = picture + this.#pace.lagPictures;
    const frame = this.#frameOf(shownAt);
    const startedMs = this.#clock.nowMs();
    const timeoutMs = this.#pictureMs * MAX_LAG_PICTURES;
    this.#pace.asked();
    this.counters.asked += 1;
    decoder.decode(frame, params, { timeoutMs, signal }).then(
      (patch) => {
        this.#pace.answered(this.#clock.nowMs() - startedMs);
        if (!signal.aborted && patch.length === this.#avatar.compositor.patchBytes) {
          this.#arrived = { frame, patch, picture: shownAt };
        }
      },
      () => {
        this.counters.failed += 1;
        this.#pace.failed(this.#picture);
      },
    );
  }
}
