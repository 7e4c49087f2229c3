// What the userland it is run in consists of, as JSON.
//
//   node --import tsx test/userlands/versions.ts
import { sh } from '../kernel/host.ts';

export interface Versions {
  nft: string;
  iproute2: string;
  node: string;
}

const versions: Versions = {
  nft: sh('nft --version').match(/v(\S+)/)?.[1] ?? '?',
  iproute2: sh('tc -V').match(/iproute2-([\d.]+)/)?.[1] ?? '?',
  node: process.versions.node,
};
console.log(JSON.stringify(versions));
