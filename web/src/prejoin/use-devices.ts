/** The microphones and speakers of this machine. Their names appear once the microphone is allowed. */
import { useEffect, useState } from 'react';

export interface Devices {
  microphones: readonly MediaDeviceInfo[];
  speakers: readonly MediaDeviceInfo[];
}

/** `refreshKey` changes when the names may have become readable. */
export function useDevices(refreshKey: string): Devices {
  const [devices, setDevices] = useState<Devices>({ microphones: [], speakers: [] });
  useEffect(() => {
    if (!('mediaDevices' in navigator)) return;
    let current = true;
    const read = () => {
      navigator.mediaDevices.enumerateDevices().then(
        (all) => {
          if (!current) return;
          const named = all.filter((device) => device.deviceId !== '');
          setDevices({
            microphones: named.filter((device) => device.kind === 'audioinput'),
            speakers: named.filter((device) => device.kind === 'audiooutput'),
          });
        },
        () => undefined,
      );
    };
    read();
    navigator.mediaDevices.addEventListener('devicechange', read);
    return () => {
      current = false;
      navigator.mediaDevices.removeEventListener('devicechange', read);
    };
  }, [refreshKey]);
  return devices;
}
