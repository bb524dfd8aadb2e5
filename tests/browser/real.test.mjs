// What was copied out of a real cluster is recognised, and drawn with its gaps beside a simulation of it.

import assert from "node:assert/strict";
import { test } from "./harness.mjs";
import { HELLO } from "./manifests.mjs";

const REAL = `apiVersion: v1
kind: List
items:
- apiVersion: v1
  kind: Pod
  metadata:
    creationTimestamp: "2026-03-02T10:00:00Z"
    name: web-6d4cf56db6-x7k2p
    namespace: default
    ownerReferences:
    - {apiVersion: apps/v1, controller: true, kind: ReplicaSet, name: web-6d4cf56db6, uid: 5f3f0b1a-0000-4000-8000-000000000001}
    resourceVersion: "123456"
    uid: 0d2e4c1b-0000-4000-8000-000000000002
  spec:
    containers:
    - {name: app, image: "busybox:1.36", command: [sh, -c, "sleep 40; exit 3"]}
    nodeName: ip-10-0-1-23.ec2.internal
  status:
    phase: Running
    startTime: "2026-03-02T10:00:00Z"
    conditions:
    - {type: Ready, status: "False", reason: ContainersNotReady, lastTransitionTime: "2026-03-02T10:07:13Z"}
    - {type: PodScheduled, status: "True", lastTransitionTime: "2026-03-02T10:00:00Z"}
    containerStatuses:
    - name: app
      image: docker.io/library/busybox:1.36
      imageID: docker.io/library/busybox@sha256:aaa
      ready: false
      restartCount: 5
      lastState: {terminated: {exitCode: 3, reason: Error, startedAt: "2026-03-02T10:06:32Z", finishedAt: "2026-03-02T10:07:12Z"}}
      state: {waiting: {reason: CrashLoopBackOff, message: back-off 2m40s restarting failed container}}
- apiVersion: v1
  kind: Event
  metadata: {name: web-6d4cf56db6-x7k2p.1, namespace: default}
  involvedObject: {kind: Pod, name: web-6d4cf56db6-x7k2p, namespace: default}
  reason: BackOff
  message: Back-off restarting failed container app
  type: Warning
  count: 12
  firstTimestamp: "2026-03-02T10:01:30Z"
  lastTimestamp: "2026-03-02T10:09:00Z"
`;

test("a real pod's life is drawn as far as it is known, beside its simulation", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.paste(REAL);
  assert.match(await lifepod.verdict(), /no errors/);
  await lifepod.page.waitForFunction(() => document.querySelector(".timeline-clock")?.innerText === "9:00.0");
  const lanes = await lifepod.lanes();
  assert.ok(lanes.includes("recorded/default/web-6d4cf56db6-x7k2p/"), lanes.join());
  assert.ok(lanes.includes("web-6d4cf56db6-x7k2p#1/"), "and its spec is simulated");
  const app = (await lifepod.lane("recorded/default/web-6d4cf56db6-x7k2p/app")).join("\n");
  assert.match(app, /run 5 · exit 3 · 4 earlier runs are not recorded/);
  assert.match(app, /back-off 2m40s/);
  assert.match((await lifepod.lane("recorded/default/web-6d4cf56db6-x7k2p/events")).join("\n"), /BackOff \(x12\)/);
  await lifepod.press("End");
  assert.match(await lifepod.pods(), /web-6d4cf56db6-x7k2p .*CrashLoopBackOff/);
  await lifepod.shot("real");
});

test("a pod alone, and Events alone, are recognised too", {}, async (lifepod) => {
  await lifepod.open();
  const [pod, event] = REAL.split("\n- ").slice(1).map((item) => `${item.replaceAll("\n  ", "\n").trim()}\n`);
  await lifepod.paste(pod);
  assert.match(await lifepod.verdict(), /no errors/);
  assert.ok((await lifepod.lanes()).includes("recorded/default/web-6d4cf56db6-x7k2p/"));
  await lifepod.paste(event);
  assert.match((await lifepod.lane("recorded/default/web-6d4cf56db6-x7k2p/events")).join("\n"), /BackOff \(x12\)/);
});

/** Its image, its secret, its account and its node are those of somebody's own cluster. */
const CRASHING = `apiVersion: v1
kind: Pod
metadata:
  creationTimestamp: "2026-03-02T10:00:00Z"
  name: api-6d4cf56db6-x7k2p
  namespace: shop
spec:
  serviceAccountName: api
  priorityClassName: business
  nodeSelector: {pool: large}
  nodeName: ip-10-0-1-23.ec2.internal
  containers:
  - name: api
    image: registry.example.com/shop/api:2.41.0
    env:
    - {name: DATABASE, valueFrom: {secretKeyRef: {name: database, key: url}}}
    resources: {requests: {cpu: 100m, memory: 64Mi}}
    volumeMounts: [{name: data, mountPath: /data}]
  volumes:
  - {name: data, persistentVolumeClaim: {claimName: data}}
status:
  phase: Running
  startTime: "2026-03-02T10:00:00Z"
  containerStatuses:
  - name: api
    restartCount: 8
    lastState: {terminated: {exitCode: 1, reason: Error, startedAt: "2026-03-02T10:17:26Z", finishedAt: "2026-03-02T10:17:30Z"}}
    state: {waiting: {reason: CrashLoopBackOff, message: back-off 5m0s restarting failed container}}
`;

test("a pod of somebody's cluster finds what it found there, and crashes as it did", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.paste(CRASHING);
  assert.match(await lifepod.verdict(), /no errors/);
  await lifepod.press("End");
  assert.match(await lifepod.pods(), /^\$ kubectl get pods -n shop\s[^]*api-6d4cf56db6-x7k2p +0\/1 +CrashLoopBackOff/);
  const verdicts = await lifepod.page.locator(".editor-verdict").allInnerTexts();
  assert.match(verdicts.join("\n"), /last recorded run did: it ends with exit code 1 after 4 s/);
  await lifepod.shot("real-crashing");
});

test("a manifest goes to the namespace that it is written for", {}, async (lifepod) => {
  await lifepod.open();
  await lifepod.type(HELLO.replace("metadata:", "metadata:\n  namespace: shop"));
  assert.match(await lifepod.verdict(), /no errors/);
  assert.match(await lifepod.pods(), /kubectl get pods -n shop\s[^]*myapp-pod/);
});
