/**
 * Tells the avatar's own voice, come back through loudspeaker, room and microphone, from the learner's. It compares
 * band powers, not waveforms: two codecs, two jitter buffers and their time-stretching leave the powers and little else.
 *
 * First the delay: the lag at which the power contours of what was played and what is heard agree best. Then, for each
 * band, how much of it comes back. What is heard beyond that is somebody else.
 */
import { BANDS, BandSpectrum } from './band-spectrum.ts';
import { NoiseFloor } from './noise-floor.ts';

/** Frames of 10 ms on both sides. */
const FRAMES_PER_SECOND = 100;
/** From a frame leaving the agent to its echo arriving: two transports, two jitter buffers, a loudspeaker. */
export const LONGEST_DELAY_FRAMES = 100;
const HISTORY_FRAMES = 256;
/** Contours are compared over about the last half second. */
const FORGETTING = 1 - 1 / 60;
/** Contours are taken against their own mean of about 400 ms: levels do not matter, movements do. */
const MEAN_RATE = 1 / 40;
/** A frame that left with less power than this in all its bands is silence; full scale is near 5e8. */
const PLAYED_POWER = 2_000;
/** In one band, the power below which what was played says nothing. */
const BAND_POWER = 100;
/** What is heard counts as a sound from this far above the room's noise: 6 dB. */
const AUDIBLE_FACTOR = 4;
/** And never below this power: a tenth of what the quietest phone microphone makes of a whisper. */
const LEAST_AUDIBLE = 60;
/** Reverberation falls by 60 dB in about half a second. */
const TAIL = 0.75;
/** The share of echo frames that a band's coupling is to cover, and the step in dB with which it is learnt. */
const COVERED_SHARE = 0.85;
const LEARNING_DB = 0.4;
/** Above what the coupling lets expect, 3 dB more are still echo. */
const BOUND_FACTOR = 2;

/** From this likeness on it is the same sound. Speech that is not the avatar's own stays below. */
export const SURE_LIKENESS = 0.6;
/** As many audible frames, about, before likeness means anything. */
const LOCK_EVIDENCE_FRAMES = 20;
/** The coupling is first learnt from this many frames, and for a band from at least so many of them. */
const LOCK_FRAMES = 60;
const LEAST_RATIOS = 5;
/** Jitter buffers move a sound by as much without it being another delay. */
const DELAY_PLAY_FRAMES = 2;
/** Sides apart by more than this for half a second have lost frames; less is jitter of the event loop. */
const SLIP_FRAMES = 3;
const SLIPPED_FRAMES = 50;
/** Echo that stays away for a second of loud playing is gone. */
const UNHEARD_FRAMES = 100;

export interface EchoFrame {
  /** Whether what left the agent lately may sound in the learner's room now. */
  avatarSounds: boolean;
  /** Whether anything is heard above the room's noise. */
  audible: boolean;
  /** −1…1: how well the contours of what is heard follow what was played, over the last half second or so. */
  likeness: number;
  /** Frames of the last half second or so that were audible while the avatar sounded: what `likeness` rests on. */
  evidenceFrames: number;
  /** 0…1: the share of bands that hold more than echo and noise; 1 while no echo is known. */
  excess: number;
}

export class EchoDetector {
  readonly #playedSpectrum: BandSpectrum;
  readonly #heardSpectrum: BandSpectrum;
  readonly #noise = new NoiseFloor(BANDS);
  readonly #playedPowers = ring();
  readonly #playedContours = ring();
  readonly #playedEnergy = new Float64Array(HISTORY_FRAMES);
  readonly #playedTotal = new Float64Array(HISTORY_FRAMES);
  readonly #heardPowers = ring();
  readonly #playedMeans = new Float64Array(BANDS);
  readonly #heardMeans = new Float64Array(BANDS);
  readonly #products = new Float64Array(LONGEST_DELAY_FRAMES);
  readonly #expected = new Float64Array(BANDS);
  readonly #contour = new Float64Array(BANDS);
  #heardEnergy = 0;
  #played = 0;
  #heard = 0;
  /** Played minus heard frames when the two were last put side by side. */
  #offset = 0;
  #slippedFrames = 0;
  #lastSoundFrame = -Infinity;
  #evidence = 0;
  #bestLag = 0;
  #unheardFrames = 0;
  #delayFrames: number | undefined;
  /** How much of a band comes back, in dB; undefined while no echo is known. */
  #couplingDb: Float64Array | undefined;

  constructor(options: { playedRateHz: number; heardRateHz: number }) {
    this.#playedSpectrum = new BandSpectrum(options.playedRateHz);
    this.#heardSpectrum = new BandSpectrum(options.heardRateHz);
  }

  /** Undefined while no echo is known. */
  get echo(): { delayMs: number; couplingDb: number } | undefined {
    if (this.#delayFrames === undefined || this.#couplingDb === undefined) {
      return undefined;
    }
    const couplingDb = this.#couplingDb.reduce((sum, db) => sum + db, 0) / BANDS;
    return { delayMs: (this.#delayFrames * 1_000) / FRAMES_PER_SECOND, couplingDb };
  }

  /** Adds 10 ms of mono PCM that leave for the learner. */
  play(samples: Int16Array): void {
    const powers = this.#playedSpectrum.push(samples);
    const at = (this.#played % HISTORY_FRAMES) * BANDS;
    let total = 0;
    let energy = 0;
    for (let band = 0; band < BANDS; band += 1) {
      const power = powers[band]!;
      total += power;
      const level = 10 * Math.log10(power + BAND_POWER);
      const mean = this.#playedMeans[band]! + MEAN_RATE * (level - this.#playedMeans[band]!);
      this.#playedMeans[band] = mean;
      this.#playedPowers[at + band] = power;
      this.#playedContours[at + band] = level - mean;
      energy += (level - mean) ** 2;
    }
    const previous = this.#playedEnergy[(this.#played + HISTORY_FRAMES - 1) % HISTORY_FRAMES]!;
    this.#playedEnergy[this.#played % HISTORY_FRAMES] = previous * FORGETTING + energy;
    this.#playedTotal[this.#played % HISTORY_FRAMES] = total;
    if (total > PLAYED_POWER) {
      this.#lastSoundFrame = this.#played;
    }
    this.#played += 1;
  }

  /** Judges 10 ms of mono PCM of the learner's microphone. */
  hear(samples: Int16Array): EchoFrame {
    const powers = this.#heardSpectrum.push(samples);
    this.#noise.push(powers);
    this.#heardPowers.set(powers, (this.#heard % HISTORY_FRAMES) * BANDS);
    this.#align();
    const audible = this.#isAudible(powers);
    const avatarSounds = this.#newestPlayed - this.#lastSoundFrame <= LONGEST_DELAY_FRAMES;
    this.#evidence = this.#evidence * FORGETTING + (audible && avatarSounds ? 1 : 0);
    const likeness = this.#compare(powers);
    this.#expect(this.#delayFrames ?? 0);
    const excess = this.#excess(powers);
    if (likeness >= SURE_LIKENESS && audible) {
      this.#learn(powers);
    }
    this.#forgetUnheard(audible);
    this.#heard += 1;
    return { avatarSounds, audible, likeness, evidenceFrames: this.#evidence, excess };
  }

  /** Takes the delay that agrees best now for the echo's, and how much of each band came back of late. */
  #lock(delayFrames: number): void {
    this.#delayFrames = delayFrames;
    this.#couplingDb = new Float64Array(BANDS);
    this.#expected.fill(0);
    const ratios: number[][] = Array.from({ length: BANDS }, () => []);
    for (let ago = LOCK_FRAMES; ago >= 0; ago -= 1) {
      this.#expect(delayFrames, ago);
      const at = ((this.#heard - ago + HISTORY_FRAMES) % HISTORY_FRAMES) * BANDS;
      for (let band = 0; band < BANDS; band += 1) {
        const ratio = this.#ratioDb(band, this.#heardPowers[at + band]!);
        if (ratio !== undefined) {
          ratios[band]!.push(ratio);
        }
      }
    }
    const known: number[] = [];
    ratios.forEach((ofBand, band) => {
      if (ofBand.length >= LEAST_RATIOS) {
        ofBand.sort((one, other) => one - other);
        this.#couplingDb![band] = ofBand[Math.floor(ofBand.length * COVERED_SHARE)]!;
        known.push(this.#couplingDb![band]!);
      } else {
        this.#couplingDb![band] = NaN;
      }
    });
    // A band that was silent so far is taken for the loudest of the others, until it is heard.
    const loudest = known.length > 0 ? Math.max(...known) : 0;
    this.#couplingDb = this.#couplingDb.map((db) => (Number.isNaN(db) ? loudest : db));
  }

  #learn(powers: Float64Array): void {
    const best = this.#bestLag;
    if (this.#delayFrames === undefined || Math.abs(best - this.#delayFrames) > DELAY_PLAY_FRAMES) {
      if (this.#evidence >= LOCK_EVIDENCE_FRAMES) {
        this.#lock(best);
      }
      return;
    }
    for (let band = 0; band < BANDS; band += 1) {
      const ratio = this.#ratioDb(band, powers[band]!);
      if (ratio !== undefined) {
        const coupling = this.#couplingDb![band]!;
        this.#couplingDb![band] =
          coupling + LEARNING_DB * (ratio > coupling ? COVERED_SHARE : COVERED_SHARE - 1);
      }
    }
  }

  /** A learner who took headphones, or whose page cancels the echo by now: nothing comes back where it was expected. */
  #forgetUnheard(audible: boolean): void {
    if (this.#couplingDb === undefined) {
      return;
    }
    const expectedLoud = this.#expected.some((power, band) => {
      const echo = power * 10 ** (this.#couplingDb![band]! / 10);
      return echo > 8 * (this.#noise.powers[band]! + LEAST_AUDIBLE);
    });
    if (expectedLoud) {
      this.#unheardFrames = audible ? 0 : this.#unheardFrames + 1;
      if (this.#unheardFrames >= UNHEARD_FRAMES) {
        this.#couplingDb = undefined;
        this.#delayFrames = undefined;
        this.#unheardFrames = 0;
      }
    }
  }

  /** How much of a band came back in this frame; undefined where nothing was played or heard in it. */
  #ratioDb(band: number, power: number): number | undefined {
    const expected = this.#expected[band]!;
    const known = expected > BAND_POWER && power > AUDIBLE_FACTOR * this.#noise.powers[band]!;
    return known && power > 0 ? 10 * Math.log10(power / expected) : undefined;
  }

  #isAudible(powers: Float64Array): boolean {
    let total = 0;
    let noise = 0;
    for (let band = 0; band < BANDS; band += 1) {
      total += powers[band]!;
      noise += this.#noise.powers[band]!;
    }
    return total > AUDIBLE_FACTOR * noise + LEAST_AUDIBLE;
  }

  /** The played frame that leaves as the newest heard one comes in. */
  get #newestPlayed(): number {
    return Math.min(this.#played - 1, this.#heard + this.#offset);
  }

  /**
   * Both sides count frames, so that a late event loop does not matter. A side that lost some (a stall that starved it)
   * is put beside the other again when they have been apart for half a second.
   */
  #align(): void {
    const slip = this.#played - 1 - this.#heard - this.#offset;
    if (this.#heard === 0) {
      this.#offset = this.#played - 1;
      return;
    }
    this.#slippedFrames = Math.abs(slip) > SLIP_FRAMES ? this.#slippedFrames + 1 : 0;
    if (this.#slippedFrames >= SLIPPED_FRAMES) {
      this.#offset += slip;
      this.#slippedFrames = 0;
    }
  }

  /** Correlates the newest contour with those of the last second of playing; gives the best lag's coefficient. */
  #compare(powers: Float64Array): number {
    let energy = 0;
    for (let band = 0; band < BANDS; band += 1) {
      const audible = Math.max(powers[band]!, this.#noise.powers[band]!);
      const level = 10 * Math.log10(audible + LEAST_AUDIBLE / BANDS);
      const mean = this.#heardMeans[band]! + MEAN_RATE * (level - this.#heardMeans[band]!);
      this.#heardMeans[band] = mean;
      this.#contour[band] = level - mean;
      energy += (level - mean) ** 2;
    }
    this.#heardEnergy = this.#heardEnergy * FORGETTING + energy;
    const newest = this.#newestPlayed;
    let best = -1;
    for (let lag = 0; lag < LONGEST_DELAY_FRAMES; lag += 1) {
      const frame = newest - lag;
      let product = this.#products[lag]! * FORGETTING;
      if (frame >= 0) {
        const at = (frame % HISTORY_FRAMES) * BANDS;
        for (let band = 0; band < BANDS; band += 1) {
          product += this.#contour[band]! * this.#playedContours[at + band]!;
        }
      }
      this.#products[lag] = product;
      const playedEnergy = frame < 0 ? 0 : this.#playedEnergy[frame % HISTORY_FRAMES]!;
      const likeness = product / Math.sqrt(this.#heardEnergy * playedEnergy + 1);
      if (likeness > best) {
        best = likeness;
        this.#bestLag = lag;
      }
    }
    return best;
  }

  /** What was played, as the room draws it out: `agoFrames` before the newest heard frame. */
  #expect(delayFrames: number, agoFrames = 0): void {
    const frame = this.#newestPlayed - delayFrames - agoFrames;
    for (let band = 0; band < BANDS; band += 1) {
      let loudest = 0;
      for (let near = frame - DELAY_PLAY_FRAMES; near <= frame + DELAY_PLAY_FRAMES; near += 1) {
        if (near >= 0 && near < this.#played) {
          const power = this.#playedPowers[(near % HISTORY_FRAMES) * BANDS + band]!;
          loudest = Math.max(loudest, power);
        }
      }
      this.#expected[band] = Math.max(loudest, this.#expected[band]! * TAIL);
    }
  }

  #excess(powers: Float64Array): number {
    const coupling = this.#couplingDb;
    if (coupling === undefined) {
      return 1;
    }
    let beyond = 0;
    for (let band = 0; band < BANDS; band += 1) {
      const echo = this.#expected[band]! * 10 ** (coupling[band]! / 10);
      const bound =
        BOUND_FACTOR * echo + AUDIBLE_FACTOR * this.#noise.powers[band]! + LEAST_AUDIBLE / BANDS;
      beyond += powers[band]! > bound ? 1 : 0;
    }
    return beyond / BANDS;
  }
}

function ring(): Float64Array {
  return new Float64Array(HISTORY_FRAMES * BANDS);
}
