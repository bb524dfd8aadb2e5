// The real kubectl against `lifepod serve`: what it prints of the simulated cluster is what our own renderer prints at
// the same instant, and what it changes is changed.
//
// KUBECTL and LIFEPOD name the two programs.
import { spawn, execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const { KUBECTL, LIFEPOD } = process.env;
if (!KUBECTL || !LIFEPOD) throw new Error('KUBECTL and LIFEPOD must name the programs');
const here = fileURLToPath(new URL('.', import.meta.url));
const home = mkdtempSync(join(tmpdir(), 'lifepod-kubectl-'));
const kubeconfig = join(home, 'config');

const server = spawn(LIFEPOD, ['serve', join(here, 'cluster.yaml'), '--port', '0', '--from', '60s', '--kubeconfig', kubeconfig]);
server.stderr.on('data', (text) => process.env.VERBOSE && process.stderr.write(text));
const url = await new Promise((resolve, reject) => {
  createInterface(server.stdout).once('line', (line) => resolve(line.replace('Serving on ', '')));
  server.once('exit', (code) => reject(new Error(`lifepod serve ended with ${code}`)));
});

/** Runs kubectl with the words of a line; the input is for `-f -`. */
function kubectl(line, input = '') {
  const words = line.match(/'[^']*'|\S+/g).map((w) => w.replace(/^'|'$/g, ''));
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, HOME: home, KUBECONFIG: kubeconfig, TZ: 'UTC' };
    const child = execFile(KUBECTL, words, { env, timeout: 120_000 }, (error, stdout, stderr) =>
      resolve({ stdout, stderr, code: error ? (error.code ?? 1) : 0 }));
    child.stdin.end(input);
  });
}

/** What our renderer prints of the same line, now. */
async function ours(line) {
  return (await fetch(`${url}/lifepod/kubectl?line=${encodeURIComponent(line)}`)).json();
}

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
let passed = 0, failed = 0;

function judge(name, fine, detail) {
  if (fine) passed += 1;
  else failed += 1;
  console.log(`${fine ? 'ok  ' : 'FAIL'} ${name}`);
  if (!fine && detail) console.log(detail.replace(/^/gm, '     | '));
}

/** kubectl and our renderer agree. A second may pass between the two, so that an age may differ: then both go again. */
async function same(line) {
  let real, own;
  const agree = () => real.stdout === own.stdout && real.stderr === own.stderr && real.code === own.code;
  for (let attempt = 0; attempt < 4; attempt += 1) {
    real = await kubectl(line);
    // kubectl 1.36 leaves this line out where there is nothing to say; the binary is one version older.
    real.stdout = real.stdout.replace(/^ {2}Kube-Proxy Version: +\n/m, '');
    own = await ours(line);
    if (agree()) break;
    await sleep(150);
  }
  judge(line, agree(), `kubectl (${real.code}):\n${real.stdout}${real.stderr}\nours (${own.code}):\n${own.stdout}${own.stderr}`);
}

/** kubectl prints what it is expected to. */
async function says(line, expected, input) {
  const real = await kubectl(line, input);
  const text = real.stdout + real.stderr;
  judge(line, expected instanceof RegExp ? expected.test(text) : text === expected, `kubectl (${real.code}):\n${text}expected:\n${expected}`);
}

const READING = [
  'get pods', 'get pods -o wide', 'get all', 'get nodes -o wide', 'get pods,svc,pdb', 'get deploy,rs,ds -o wide', 'get pods -A',
  'get pods -l app=web --show-labels', 'get events', 'get ns', 'get pods -o name', 'get pod lonely -o yaml',
  'get deployment web -o json', 'get pods --sort-by=.metadata.name', 'get pods nope', 'get wobbles',
  'describe pod lonely', 'describe deployment web', 'describe node node-1', 'describe rs', 'describe ds agent',
  'describe svc web', 'describe pdb web', 'logs lonely', 'rollout history deployment web',
  'rollout status deployment web', 'get endpointslices',
];

try {
  for (const line of READING) await same(line);
  const manifest = (image) => JSON.stringify({
    apiVersion: 'v1', kind: 'Pod', metadata: { name: 'applied' },
    spec: { terminationGracePeriodSeconds: 1, containers: [{ name: 'c', image }] },
  });
  await says('apply -f -', 'pod/applied created\n', manifest('nginx:1.26'));
  await says('apply -f -', 'pod/applied unchanged\n', manifest('nginx:1.26'));
  await says('apply -f -', 'pod/applied configured\n', manifest('nginx:1.27'));
  await says('apply -f -', /Error from server \(BadRequest\).*unknown field "spec.containers\[0\].imag"/, manifest('x').replace('"image"', '"imag"').replace('applied', 'bad'));
  await says('wait --for=condition=Ready pod/applied --timeout=60s', 'pod/applied condition met\n');
  await says('label pod applied a=b', 'pod/applied labeled\n');
  await says('annotate pod applied a=b', 'pod/applied annotated\n');
  await says('delete pod applied', 'pod "applied" deleted from default namespace\n');
  await says('get pod applied', 'Error from server (NotFound): pods "applied" not found\n');
  await says('scale deployment web --replicas=4', 'deployment.apps/web scaled\n');
  await says('rollout status deployment web --timeout=60s', /successfully rolled out\n$/);
  await says("patch deployment web -p '{\"spec\":{\"minReadySeconds\":1}}'", 'deployment.apps/web patched\n');
  await says('set image deployment/web app=nginx:1.28', 'deployment.apps/web image updated\n');
  await says('rollout status deployment web --timeout=90s', /Waiting for deployment "web" rollout[^]*successfully rolled out\n$/);
  await says('rollout undo deployment web', /deployment.apps\/web rolled back\n/);
  await says('rollout restart deployment web', 'deployment.apps/web restarted\n');
  await says('rollout status deployment web --timeout=90s', /successfully rolled out\n$/);
  await says('taint node node-1 k=v:NoSchedule', 'node/node-1 tainted\n');
  await says('taint node node-1 k-', 'node/node-1 untainted\n');
  // What kubectl makes with its typed clients it sends as protobuf, which is not read: it is printed and applied.
  const made = (await kubectl('create job j --image=busybox --dry-run=client -o yaml -- true')).stdout;
  await says('apply -f -', 'job.batch/j created\n', made);
  await says('expose deployment web --name=web2 --port=80', 'service/web2 exposed\n');
  await says('wait --for=condition=Complete job/j --timeout=60s', 'job.batch/j condition met\n');
  await says('delete job j', 'job.batch "j" deleted from default namespace\n');
  await says('run r --image=nginx:1.27 --dry-run=server', 'pod/r created (server dry run)\n');
  const node = (await kubectl('get pod lonely -o jsonpath={.spec.nodeName}')).stdout;
  await says(`drain ${node}`, /cannot delete .*\(use --ignore-daemonsets to ignore\): default\/agent-/);
  await says(`drain ${node} --ignore-daemonsets --force --timeout=90s`, new RegExp(`pod/lonely evicted\n[^]*node/${node} drained\n`));
  await says(`uncordon ${node}`, `node/${node} uncordoned\n`);
  for (const line of ['get pods -o wide', 'get all', 'get nodes', 'describe deployment web', 'get events -A', `describe node ${node}`]) await same(line);
  const quick = await new Promise((resolve) => {
    const child = spawn(KUBECTL, ['get', 'pods', '-w', '--request-timeout=3s'], { env: { PATH: process.env.PATH, HOME: home, KUBECONFIG: kubeconfig } });
    let text = '';
    child.stdout.on('data', (data) => { text += data; });
    child.on('exit', () => resolve(text));
    setTimeout(() => kubectl('run watched --image=nginx:1.27'), 500);
  });
  judge('get pods -w', /\nwatched +0\/1 +Pending/.test(quick) && /\nwatched +0\/1 +ContainerCreating/.test(quick), quick);
  const malformed = await fetch(`${url}/api/v1/namespaces/default/pods`, { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } });
  judge('a malformed body is refused with a Status', malformed.status === 400 && (await malformed.json()).kind === 'Status');
  server.kill('SIGTERM');
  const code = await new Promise((resolve) => server.once('exit', resolve));
  judge('SIGTERM ends the server well', code === 0, `exit code ${code}`);
} finally {
  server.kill('SIGKILL');
  rmSync(home, { recursive: true, force: true });
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 ? 0 : 1);
