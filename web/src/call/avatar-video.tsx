/** The avatar's live picture. Marks the first decoded frame, which the tests and the learner wait for. */
import type { RemoteTrack } from 'livekit-client';
import { useEffect, useRef } from 'react';

export function AvatarVideo({
  track,
  shown,
  onFirstFrame,
}: {
  track: RemoteTrack;
  /** Faded out while the picture is not to be trusted. */
  shown: boolean;
  onFirstFrame: () => void;
}) {
  const video = useRef<HTMLVideoElement>(null);
  const notify = useRef(onFirstFrame);
  useEffect(() => {
    notify.current = onFirstFrame;
  });
  useEffect(() => {
    const element = video.current;
    if (element === null) return;
    track.attach(element);
    const handle = element.requestVideoFrameCallback(() => {
      if (performance.getEntriesByName('understudy:first-frame').length === 0) {
        performance.mark('understudy:first-frame');
      }
      element.dataset['firstFrame'] = 'true';
      notify.current();
    });
    return () => {
      element.cancelVideoFrameCallback(handle);
      track.detach(element);
    };
  }, [track]);
  return (
    <video
      ref={video}
      className={shown ? 'live shown' : 'live'}
      data-testid="avatar-video"
      width={848}
      height={480}
      autoPlay
      playsInline
      muted
      aria-hidden="true"
    />
  );
}
