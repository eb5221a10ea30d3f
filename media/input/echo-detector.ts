/**
 * Tells the avatar's own voice, come back through loudspeaker, room and microphone, from the learner's. It compares
 * band powers, not waveforms: two codecs, two jitter buffers and their time-stretching leave the powers and little else.
 *
 * First the delay: the lag at which the power contours of what was played and what is heard agree best. Then, for each
 * band, how much of it comes back. What is heard beyond that is somebody else.
 */
import { BANDS, BandSpectrum } from './band-spectrum.ts';
import { ArrivalClock } from './arrival-clock.ts';
import { contourOf } from './contour.ts';
import { NoiseFloor } from './noise-floor.ts';

/** Frames of this length on both sides. */
const FRAME_MS = 10;
/**
 * From a frame leaving the agent to its echo arriving: two transports, two jitter buffers, a loudspeaker. On a machine so
 * loaded that sound broke off, jitter buffers had grown to 0.8 s; 0.3–0.5 s is usual.
 */
export const LONGEST_DELAY_FRAMES = 140;
const HISTORY_FRAMES = 256;
/** Contours are compared over about the last second. */
const FORGETTING = 1 - 1 / 100;
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
/** Until this much of an echo was heard, its level is learnt faster, and nothing is said to lie above it. */
const SETTLED_FRAMES = 80;
const FIRST_LEARNING_DB = 1.5;
/** Above what the coupling lets expect, 3 dB more are still echo. */
const BOUND_FACTOR = 2;

/**
 * From this likeness on it is the same sound. Of 48 people who spoke over the avatar one came to 0.61, nine in ten
 * stayed under 0.57; echo at −6 to −20 dB with a reverberation of 300 ms stays above 0.68 in 95 % of its frames.
 */
export const SURE_LIKENESS = 0.62;
/** Audible frames on which that holds; for each frame fewer the likeness must be greater. */
const LOCK_EVIDENCE_FRAMES = 20;
const LIKENESS_PER_FRAME = 0.025;
/** The coupling is first learnt from this many frames, and for a band from at least so many of them. */
const LOCK_FRAMES = 60;
const LEAST_RATIOS = 5;
/** Jitter buffers move a sound by as much without it being another delay. */
const DELAY_PLAY_FRAMES = 3;
/** Echo that was found where it was known to be is trusted to be there for as many frames. */
const CONFIRMED_FRAMES = 6;
/** Echo that stays away for a second of loud playing is gone. */
const UNHEARD_FRAMES = 100;

/** No band counts for more, so that one loud harmonic is not taken for a voice. */
const EXCESS_LIMIT_DB = 12;
/** From here on a frame may hold another voice too. */
const FOREIGN_EXCESS_DB = 0.7;
/** Over about 60 ms. */
const EXCESS_SMOOTHING = 1 / 6;

export interface EchoFrame {
  /** Whether what left the agent lately may sound in the learner's room now. */
  avatarSounds: boolean;
  /** Whether anything is heard above the room's noise. */
  audible: boolean;
  /** −1…1: how well the contours of what is heard follow what was played, over the last second or so. */
  likeness: number;
  /** Whether `likeness` rests on enough sound and is that of one and the same voice. */
  same: boolean;
  /** Whether the echo was just found where it is known to be: what lies above it is another sound, and no moved echo. */
  confirmed: boolean;
  /** Whether known echo is louder than the room's noise now. */
  echoExpected: boolean;
  /** How far the bands lie above known echo and noise: their mean in dB, smoothed over 60 ms. */
  excessDb: number;
  /** Whether the echo's level has been learnt well enough to tell what lies above it. */
  settled: boolean;
}

export class EchoDetector {
  readonly #playedSpectrum: BandSpectrum;
  readonly #heardSpectrum: BandSpectrum;
  readonly #noise = new NoiseFloor(BANDS);
  readonly #playedPowers = ring();
  readonly #playedContours = ring();
  readonly #playedEnergy = new Float64Array(HISTORY_FRAMES);
  readonly #heardPowers = ring();
  readonly #playedMeans = new Float64Array(BANDS);
  readonly #heardMeans = new Float64Array(BANDS);
  readonly #products = new Float64Array(LONGEST_DELAY_FRAMES);
  readonly #energies = new Float64Array(LONGEST_DELAY_FRAMES);
  readonly #expected = new Float64Array(BANDS);
  readonly #levels = new Float64Array(BANDS);
  readonly #contour = new Float64Array(BANDS);
  #heardEnergy = 0;
  readonly #arrivals = new ArrivalClock(FRAME_MS);
  /** Time in steps of 10 ms: the newest frame that left, the newest that was heard, the newest that held a sound. */
  #playedSlot = -1;
  #heardSlot = 0;
  #lastSoundSlot = -Infinity;
  #heard = 0;
  #evidence = 0;
  #bestLag = 0;
  #excessDb = 0;
  #unheardFrames = 0;
  #unconfirmedFrames = Infinity;
  /** Frames of echo since it was found. */
  #learntFrames = 0;
  #delayFrames: number | undefined;
  /** How much of a band comes back, in dB; undefined while no echo is known. */
  #couplingDb: Float64Array | undefined;

  constructor(options: { playedRateHz: number; heardRateHz: number }) {
    this.#playedSpectrum = new BandSpectrum(options.playedRateHz);
    this.#heardSpectrum = new BandSpectrum(options.heardRateHz);
  }

  /** Mean power of the room's noise, in squared sample units. */
  get noisePower(): number {
    return this.#noise.powers.reduce((sum, power) => sum + power, 0);
  }

  /** Takes the last half second for the echo's level from now on: the loudspeaker was turned up. */
  relearn(): void {
    this.#lock(this.#bestLag);
  }

  /** Undefined while no echo is known. */
  get echo(): { delayMs: number; couplingDb: number } | undefined {
    if (this.#delayFrames === undefined || this.#couplingDb === undefined) {
      return undefined;
    }
    const couplingDb = this.#couplingDb.reduce((sum, db) => sum + db, 0) / BANDS;
    return { delayMs: this.#delayFrames * FRAME_MS, couplingDb };
  }

  /** Adds 10 ms of mono PCM that are handed over for the learner at `nowMs`. */
  play(samples: Int16Array, nowMs: number): void {
    // What is handed over leaves after what waits before it; where nothing waited, there was silence.
    const slot = Math.max(this.#playedSlot + 1, Math.floor(nowMs / FRAME_MS));
    const silent = Math.min(slot - this.#playedSlot - 1, HISTORY_FRAMES);
    for (let missing = silent; missing > 0; missing -= 1) {
      this.#keepPlayed(slot - missing, SILENT_POWERS);
    }
    this.#keepPlayed(slot, this.#playedSpectrum.push(samples));
  }

  #keepPlayed(slot: number, powers: Float64Array): void {
    const at = slot % HISTORY_FRAMES;
    let total = 0;
    for (let band = 0; band < BANDS; band += 1) {
      const power = powers[band]!;
      total += power;
      this.#playedPowers[at * BANDS + band] = power;
      this.#levels[band] = 10 * Math.log10(power + BAND_POWER);
    }
    const energy = contourOf(this.#levels, this.#playedMeans, this.#playedSlot < 0);
    this.#playedContours.set(this.#levels, at * BANDS);
    this.#playedEnergy[at] = energy;
    if (total > PLAYED_POWER) {
      this.#lastSoundSlot = slot;
    }
    this.#playedSlot = slot;
  }

  /** Judges 10 ms of mono PCM of the learner's microphone that came in at `nowMs`, or were due by then. */
  hear(samples: Int16Array, nowMs: number): EchoFrame {
    const powers = this.#heardSpectrum.push(samples);
    // Echo without a pause is no noise of the room.
    if (!this.#expectsEcho()) {
      this.#noise.push(powers);
    }
    this.#heardPowers.set(powers, (this.#heard % HISTORY_FRAMES) * BANDS);
    this.#heardSlot = Math.floor(this.#arrivals.dueMs(nowMs) / FRAME_MS);
    const audible = this.#isAudible(powers);
    const avatarSounds = this.#heardSlot - this.#lastSoundSlot <= LONGEST_DELAY_FRAMES;
    if (!avatarSounds) {
      this.#beginAnew();
    }
    this.#evidence = this.#evidence * FORGETTING + (audible && avatarSounds ? 1 : 0);
    const likeness = this.#compare(powers);
    this.#expect(this.#delayFrames ?? 0);
    const excessDb = this.#excess(powers);
    const missing = Math.max(0, LOCK_EVIDENCE_FRAMES - this.#evidence);
    const same = likeness >= SURE_LIKENESS + missing * LIKENESS_PER_FRAME;
    this.#unconfirmedFrames += audible ? 1 : 0;
    if (same && audible) {
      this.#learn(powers);
    }
    const confirmed = this.#unconfirmedFrames <= CONFIRMED_FRAMES;
    const echoExpected = this.#expectsEcho();
    this.#forgetUnheard(audible);
    this.#heard += 1;
    const settled = this.#learntFrames >= SETTLED_FRAMES;
    return { avatarSounds, audible, likeness, same, confirmed, echoExpected, excessDb, settled };
  }

  /** Each time the avatar speaks, the delay may be another: what is compared begins with its first sound. */
  #beginAnew(): void {
    this.#products.fill(0);
    this.#energies.fill(0);
    this.#heardEnergy = 0;
    this.#evidence = 0;
    this.#unconfirmedFrames = Infinity;
  }

  /** Takes the delay that agrees best now for the echo's, and how much of each band came back of late. */
  #lock(delayFrames: number): void {
    this.#delayFrames = delayFrames;
    this.#learntFrames = 0;
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
      this.#lock(best);
      return;
    }
    this.#unconfirmedFrames = 0;
    const stepDb = this.#learntFrames < SETTLED_FRAMES ? FIRST_LEARNING_DB : LEARNING_DB;
    this.#learntFrames += 1;
    if (this.#excessDb > FOREIGN_EXCESS_DB && this.#learntFrames > SETTLED_FRAMES) {
      // Somebody speaks over it: that is not to be learnt.
      return;
    }
    for (let band = 0; band < BANDS; band += 1) {
      const ratio = this.#ratioDb(band, powers[band]!);
      if (ratio !== undefined) {
        const coupling = this.#couplingDb![band]!;
        this.#couplingDb![band] =
          coupling + stepDb * (ratio > coupling ? COVERED_SHARE : COVERED_SHARE - 1);
      }
    }
  }

  /** A learner who took headphones, or whose page cancels the echo by now: nothing comes back where it was expected. */
  #forgetUnheard(audible: boolean): void {
    if (this.#couplingDb === undefined) {
      return;
    }
    const expectedLoud = this.#expectsEcho(8);
    if (expectedLoud) {
      this.#unheardFrames = audible ? 0 : this.#unheardFrames + 1;
      if (this.#unheardFrames >= UNHEARD_FRAMES) {
        this.#couplingDb = undefined;
        this.#delayFrames = undefined;
        this.#unheardFrames = 0;
      }
    }
  }

  /** Whether echo is to be heard in any band, at least `factor` times as strong as the noise. */
  #expectsEcho(factor = 1): boolean {
    return (
      this.#couplingDb?.some((couplingDb, band) => {
        const echo = this.#expected[band]! * 10 ** (couplingDb / 10);
        return echo > factor * (this.#noise.powers[band]! + LEAST_AUDIBLE / BANDS);
      }) ?? false
    );
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

  /** Correlates the newest contour with those of the last second of playing; gives the best lag's coefficient. */
  #compare(powers: Float64Array): number {
    for (let band = 0; band < BANDS; band += 1) {
      const audible = Math.max(powers[band]!, this.#noise.powers[band]!);
      this.#contour[band] = 10 * Math.log10(audible + LEAST_AUDIBLE / BANDS);
    }
    const energy = contourOf(this.#contour, this.#heardMeans, this.#heard === 0);
    this.#heardEnergy = this.#heardEnergy * FORGETTING + energy;
    let best = -1;
    for (let lag = 0; lag < LONGEST_DELAY_FRAMES; lag += 1) {
      const slot = this.#heardSlot - lag;
      this.#products[lag]! *= FORGETTING;
      this.#energies[lag]! *= FORGETTING;
      if (this.#holds(slot)) {
        const at = slot % HISTORY_FRAMES;
        for (let band = 0; band < BANDS; band += 1) {
          this.#products[lag]! += this.#contour[band]! * this.#playedContours[at * BANDS + band]!;
        }
        this.#energies[lag]! += this.#playedEnergy[at]!;
      }
      const likeness =
        this.#products[lag]! / Math.sqrt(this.#heardEnergy * this.#energies[lag]! + 1);
      if (likeness > best) {
        best = likeness;
        this.#bestLag = lag;
      }
    }
    return best;
  }

  /** What was played, as the room draws it out: `agoFrames` before the newest heard frame. */
  #expect(delayFrames: number, agoFrames = 0): void {
    const slot = this.#heardSlot - delayFrames - agoFrames;
    for (let band = 0; band < BANDS; band += 1) {
      let loudest = 0;
      for (let near = slot - DELAY_PLAY_FRAMES; near <= slot + DELAY_PLAY_FRAMES; near += 1) {
        if (this.#holds(near)) {
          const power = this.#playedPowers[(near % HISTORY_FRAMES) * BANDS + band]!;
          loudest = Math.max(loudest, power);
        }
      }
      this.#expected[band] = Math.max(loudest, this.#expected[band]! * TAIL);
    }
  }

  /** Whether what left in this slot is still known. */
  #holds(slot: number): boolean {
    return slot >= 0 && slot <= this.#playedSlot && slot > this.#playedSlot - HISTORY_FRAMES;
  }

  /** Mean over the bands of how far each lies above echo and noise, at most EXCESS_LIMIT_DB, smoothed. */
  #excess(powers: Float64Array): number {
    const coupling = this.#couplingDb;
    if (coupling === undefined) {
      this.#excessDb = EXCESS_LIMIT_DB;
      return EXCESS_LIMIT_DB;
    }
    let beyond = 0;
    for (let band = 0; band < BANDS; band += 1) {
      const echo = this.#expected[band]! * 10 ** (coupling[band]! / 10);
      const bound =
        BOUND_FACTOR * echo + AUDIBLE_FACTOR * this.#noise.powers[band]! + LEAST_AUDIBLE / BANDS;
      if (powers[band]! > bound) {
        beyond += Math.min(EXCESS_LIMIT_DB, 10 * Math.log10(powers[band]! / bound));
      }
    }
    this.#excessDb += EXCESS_SMOOTHING * (beyond / BANDS - this.#excessDb);
    return this.#excessDb;
  }
}

const SILENT_POWERS = new Float64Array(BANDS);

function ring(): Float64Array {
  return new Float64Array(HISTORY_FRAMES * BANDS);
}
