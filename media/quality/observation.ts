/** What the controller is told each second. What is not known is absent and counts as well. */

/** What the learner's side has measured since its report before, about a second ago. */
export interface SubscriberReport {
  /** Lost packets of sound and picture as a share of those expected, 0..1, before any repair. */
  lossShare: number;
  /** How long the picture stood still where it should not have, as a share of the time, 0..1. */
  freezeShare: number;
  /** Samples of sound that had to be made up, as a share of those played, 0..1. */
  concealedShare: number;
  /** Received media, sound and picture, in kbit/s. */
  receivedKbps: number;
  /** There and back between the learner and the media server. */
  roundTripMs?: number;
  /** Pictures decoded a second. */
  framesPerSecond?: number;
}

/** What the publisher's own encoder and transport say. */
export interface EncoderReport {
  limitation: 'none' | 'cpu' | 'bandwidth' | 'other';
  /** Encoded picture and sound sent to the media server, in kbit/s. */
  sentKbps: number;
  /** What the publisher's own line is believed to carry. */
  availableKbps?: number;
}

export interface Observation {
  /** What drawing one picture took, the mean of the second. */
  renderMs?: number;
  /** Pictures dropped as late, as a share of those due, 0..1. */
  droppedShare?: number;
  /** 95th percentile of how late this process's event loop was. */
  loopLagMs?: number;
  /** Busy share of all cores of the machine, 0..1. */
  machineLoad?: number;
  /** Busy share of the inference runtime that draws this face, 0..1. */
  runtimeLoad?: number;
  encoder?: EncoderReport;
  /** Absent unless a report has come since the last observation: each is judged once. */
  subscriber?: SubscriberReport;
  /** The media server's own word about the learner's line. */
  connection?: 'excellent' | 'good' | 'poor' | 'lost';
  /** The other sessions of this machine, as they last said. */
  neighbours?: readonly Neighbour[];
}

/** What sessions of one machine tell each other. */
export interface Neighbour {
  /** The rung that the machine's load allows that session. */
  machineRung: number;
  /** Its pictures are late. */
  strained: boolean;
}
