/** The picture of a face pack, or a quiet silhouette while there is none. */
import { UserRound } from 'lucide-react';
import { useState } from 'react';
import { portraitUrl } from '../api/client.ts';

export function Portrait({
  face,
  alt,
  className = '',
}: {
  face: string;
  /** Empty when a name stands beside it. */
  alt: string;
  className?: string;
}) {
  const [missing, setMissing] = useState(false);
  if (missing) {
    return (
      <span
        className={`portrait missing ${className}`}
        {...(alt === '' ? { 'aria-hidden': true } : { role: 'img', 'aria-label': alt })}
      >
        <UserRound strokeWidth={1} aria-hidden="true" />
      </span>
    );
  }
  return (
    <img
      className={`portrait ${className}`}
      src={portraitUrl(face)}
      alt={alt}
      onError={() => setMissing(true)}
    />
  );
}
