/** Which addresses are somebody else's on the internet, and not this machine, its network, or its cloud's metadata. */
import { BlockList, isIP } from 'node:net';

/** Networks of the IANA registries of special-purpose addresses, and those of multicast. */
const SPECIAL: readonly [network: string, prefix: number][] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 4],
  ['240.0.0.0', 4],
];
/** The internet of IPv6 is 2000::/3; within it these lead elsewhere: to an IPv4 address inside (6to4, Teredo), or nowhere. */
const SPECIAL_6: readonly [network: string, prefix: number][] = [
  ['2001::', 23],
  ['2001:db8::', 32],
  ['2002::', 16],
  ['3fff::', 20],
];

const special = new BlockList();
for (const [network, prefix] of SPECIAL) {
  special.addSubnet(network, prefix, 'ipv4');
}
const special6 = new BlockList();
for (const [network, prefix] of SPECIAL_6) {
  special6.addSubnet(network, prefix, 'ipv6');
}
const global6 = new BlockList();
global6.addSubnet('2000::', 3, 'ipv6');

/** `address` as DNS or a URL gives it, without brackets. What is no address is not public. */
export function isPublicAddress(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special.check(address, 'ipv4');
    case 6:
      // IPv4 inside of IPv6 (::ffff:10.0.0.1, 64:ff9b::) is outside of 2000::/3.
      return global6.check(address, 'ipv6') && !special6.check(address, 'ipv6');
    default:
      return false;
  }
}
