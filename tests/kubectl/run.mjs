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
/** Serves a file's cluster; kubectl is led to the one that was started last. */
let url, kubeconfig, server;
async function serve(file) {
  server?.kill('SIGKILL');
  kubeconfig = join(home, `${file}.config`);
  server = spawn(LIFEPOD, ['serve', join(here, file), '--port', '0', '--from', '60s', '--kubeconfig', kubeconfig]);
  server.stderr.on('data', (text) => process.env.VERBOSE && process.stderr.write(text));
  const failed = new Promise((_, reject) => {
    server.once('exit', (code) => reject(new Error(`lifepod serve ended with ${code}`)));
  });
  failed.catch(() => {}); // It ends in any case, sooner or later.
  const line = new Promise((resolve) => { createInterface(server.stdout).once('line', resolve); });
  url = (await Promise.race([line, failed])).replace('Serving on ', '');
}

/** Runs kubectl with the words of a line; the input is for `-f -`. */
function kubectl(line, input = '') {
  const words = line.match(/'[^']*'|\S+/g).map((w) => w.replace(/^'|'$/g, ''));
  return new Promise((resolve) => {
    const env = { PATH: process.env.PATH, HOME: home, KUBECONFIG: kubeconfig, TZ: 'UTC', EDITOR: 'sed -i s/by-hand/edited/' };
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

/** The seconds of an age as kubectl writes it ("2m10s"), or nothing if the word is none. */
function seconds(word) {
  if (!/^(?=\d)(\d+d)?(\d+h)?(\d+m)?(\d+s)?$/.test(word)) return undefined;
  const unit = { d: 86_400, h: 3_600, m: 60, s: 1 };
  return [...word.matchAll(/(\d+)([dhms])/g)].reduce((sum, [, n, u]) => sum + n * unit[u], 0);
}

/** Whether two texts differ in ages only, and in those by two seconds at most. */
function alikeButForAges(a, b) {
  const [left, right] = [a.split(/\s+/), b.split(/\s+/)];
  return left.length === right.length
    && left.every((word, i) => word === right[i] || Math.abs(seconds(word) - seconds(right[i])) <= 2);
}

/**
 * kubectl and our renderer agree. A second may pass between the two, so that an age may differ: then both go again. Where
 * the machine is so busy that a second always passes, such ages are let by.
 */
async function same(line) {
  let real, own;
  const agree = () => real.stdout === own.stdout && real.stderr === own.stderr && real.code === own.code;
  for (let attempt = 0; attempt < 8; attempt += 1) {
    real = await kubectl(line);
    own = await ours(line);
    // The binary is one version older: kubectl 1.36 leaves the first line out where there is nothing to say, and has
    // added the second one.
    real.stdout = real.stdout.replace(/^ {2}Kube-Proxy Version: +\n/m, '');
    own.stdout = own.stdout.replace(/^Time Zone: .*\n/m, '');
    if (agree()) break;
    await sleep(150);
  }
  const fine = agree() || (real.code === own.code && alikeButForAges(real.stdout + real.stderr, own.stdout + own.stderr));
  judge(line, fine, `kubectl (${real.code}):\n${real.stdout}${real.stderr}\nours (${own.code}):\n${own.stdout}${own.stderr}`);
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
  'rollout status deployment web', 'get endpoints,endpointslices',
];

/** Of kinds.yaml: each kind of object, in full and in a table. */
const KINDS = [
  'describe pod volumes', 'describe pod containers', 'describe cm settings', 'describe secret keys', 'describe sa robot',
  'describe pc high', 'describe sc fast', 'describe pv pv-nfs', 'describe pv pv-csi', 'describe pv pv-local',
  'describe pv pv-hostpath', 'describe pvc data', 'describe svc lb', 'describe svc headless', 'describe svc outside',
  'describe deploy web', 'describe sts set', 'describe ds agent', 'describe rc old', 'describe job indexed',
  'describe job suspended', 'describe cj nightly', 'describe pdb most', 'describe ns team', 'describe quota limits -n team',
  'describe limits ranges -n team', 'describe hpa scaler', 'describe node node-1', 'describe lease node-1 -n kube-node-lease',
  'get pv,sc,pvc -o wide', 'get quota,limits -A', 'get hpa', 'get cj,job -o wide', 'get rc,sts,ds -o wide', 'get pc,ns',
  'get lease -A', 'get controllerrevisions', 'get cm,secret,sa', 'get endpoints,endpointslices', 'get pods -L app,tier',
  'get pods --no-headers', 'get all -A', 'get pods --field-selector=status.phase!=Running', 'get pods --field-selector=foo=bar',
  'get pods -o custom-columns=NAME:.metadata.name,IMAGES:.spec.containers[*].image,IPS:.status.podIPs,NO:.spec.nope',
  "get pods '-o=jsonpath={range .items[*]}{.metadata.name}{\"\\t\"}{.spec.containers[*].name}{\"\\n\"}{end}'",
  "get pods '-o=jsonpath={.items[?(@.metadata.name==\"volumes\")].spec.volumes[-1:]}'", 'get pods -o jsonpath={.items', 'get pods -o custom-columns=A',
  'get pod containers -o json', 'get pod volumes -o yaml', 'get hpa scaler -o yaml', 'get pv pv-nfs -o yaml', 'get pods -n nope',
  'events --types=Warning', 'rollout status ds/agent', 'rollout history sts/set', 'rollout history deploy/web --revision=1',
  'logs deploy/web', 'logs deploy/web -c app --tail=1', 'logs containers --all-containers', 'logs cm/settings', 'top pods',
];

/** What kubectl makes with its typed clients, which send protobuf. */
const MAKING = [
  ['create deployment made --image=nginx:1.27', 'deployment.apps/made created\n'],
  ['create job once --image=busybox -- true', 'job.batch/once created\n'],
  ["create cronjob hourly --image=busybox '--schedule=0 * * * *' -- true", 'cronjob.batch/hourly created\n'],
  ['create configmap map --from-literal=a=b', 'configmap/map created\n'],
  ['create secret generic hidden --from-literal=a=b', 'secret/hidden created\n'],
  ['create service nodeport open --tcp=80:80', 'service/open created\n'],
  ['create namespace other', 'namespace/other created\n'],
  ['create quota few --hard=pods=3 -n other', 'resourcequota/few created\n'],
  ['create pdb some --selector=app=made --min-available=50%', 'poddisruptionbudget.policy/some created\n'],
  ['create serviceaccount somebody', 'serviceaccount/somebody created\n'],
  ['create priorityclass urgent --value=5 --preemption-policy=Never', 'priorityclass.scheduling.k8s.io/urgent created\n'],
  ['autoscale deployment made --min=1 --max=3', 'horizontalpodautoscaler.autoscaling/made autoscaled\n'],
  ['auth can-i delete pods', 'yes\n'],
  ['auth whoami -o name', /selfsubjectreview/],
];

try {
  await serve('kinds.yaml');
  for (const line of KINDS) await same(line);
  await serve('cluster.yaml');
  for (const line of READING) await same(line);
  for (const [line, expected] of MAKING) await says(line, expected);
  for (const line of ['get deploy,job,cj,cm,secret,svc,pdb,sa', 'get quota -n other', 'get pc urgent -o yaml', 'get pdb some -o yaml']) await same(line);
  await says('wait --for=condition=Complete job/once --timeout=60s', 'job.batch/once condition met\n');
  await says('delete deploy,hpa,pdb,job,cj,cm,svc made some once hourly map open --ignore-not-found', /deleted/);
  await says('exec lonely -- ls', /exec is not simulated/);
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
  const owned = (value) => JSON.stringify({ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'owned' }, data: { a: value } });
  await says('apply --server-side -f -', 'configmap/owned serverside-applied\n', owned('by-hand'));
  await says('apply --server-side --field-manager=other -f -', /^error: Apply failed with 1 conflict: conflict with "kubectl": \.data\.a\n/, owned('b'));
  await says('apply --server-side --field-manager=other --force-conflicts -f -', 'configmap/owned serverside-applied\n', owned('by-hand'));
  await says("get cm owned '-o=jsonpath={.metadata.managedFields[*].manager}' --show-managed-fields", 'kubectl other');
  await says('edit cm owned', 'configmap/owned edited\n');
  await says('get cm owned -o jsonpath={.data.a}', 'edited');
  await says('diff -f -', /-  a: edited\n\+  a: again\n/, owned('again'));
  await says('replace -f -', 'configmap/owned replaced\n', owned('again'));
  await says("patch cm owned --type=json -p '[{\"op\":\"remove\",\"path\":\"/data/a\"}]'", 'configmap/owned patched\n');
  await says('delete cm owned --dry-run=server', 'configmap "owned" deleted from default namespace (server dry run)\n');
  await says('delete cm owned', 'configmap "owned" deleted from default namespace\n');
  await says('set env deployment/web A=b', 'deployment.apps/web env updated\n');
  await says('set resources deployment/web --limits=cpu=100m', 'deployment.apps/web resource requirements updated\n');
  await says('expose deployment web --name=web2 --port=80', 'service/web2 exposed\n');
  await says('explain pod.spec.terminationGracePeriodSeconds', /FIELD: terminationGracePeriodSeconds <integer>/);
  await says('logs lonely --since=1h --timestamps', /^\d{4}-\d\d-\d\dT[\d:.]+Z hello\n$/);
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
