// Manifests that several tests type.

/** As the introduction to pods has it that this project grew out of; it says hello and then has no command `3600`. */
export const HELLO = `apiVersion: v1
kind: Pod
metadata:
  name: myapp-pod
  labels:
    app: myapp
spec:
  containers:
  - name: myapp-container
    image: busybox
    command: ['sh', '-c','echo Hello Kubernetes! && 3600']
`;

/** A pod that runs this command in a shell. */
export function shell(command) {
  return HELLO.replace("echo Hello Kubernetes! && 3600", command);
}

/** A Deployment of so many pods that sleep, on as many nodes as they need, made as fast as the API server takes them. */
export function deployment(replicas) {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  replicas: ${replicas}
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers:
      - name: app
        image: busybox
        command: [sleep, "7200"]
---
apiVersion: lifepod.dev/v1alpha1
kind: Scenario
spec:
  horizon: 60s
  cluster:
    controllerManager: {kubeAPIQPS: -1}
    nodes:
    - {name: node, count: ${Math.ceil(replicas / 100)}}
`;
}

/** So many pods of ten Deployments that serve and are probed for an hour, as `tests/src/scale.rs` has them. */
export function probed(count, seed) {
  const deployment = (index) => `apiVersion: apps/v1
kind: Deployment
metadata: {name: web-${index}}
spec:
  replicas: ${count / 10}
  selector: {matchLabels: {app: web-${index}}}
  template:
    metadata: {labels: {app: web-${index}}}
    spec:
      containers:
      - name: app
        image: example.com/app:1
        ports: [{containerPort: 8080}]
        resources: {requests: {cpu: 100m, memory: 64Mi}}
        readinessProbe: {httpGet: {port: 8080}}
---
`;
  return `${Array.from({ length: 10 }, (_, index) => deployment(index)).join("")}apiVersion: lifepod.dev/v1alpha1
kind: Scenario
spec:
  seed: ${seed}
  horizon: 1h
  cluster:
    controllerManager: {kubeAPIQPS: -1}
    nodes: [{name: node, count: ${count / 10}}]
`;
}

/** So many pods that sleep. */
export function pods(count) {
  const one = (i) => HELLO.replace("name: myapp-pod", `name: pod-${String(i).padStart(3, "0")}`).replace("&& 3600", "&& sleep 7200");
  return Array.from({ length: count }, (_, i) => one(i)).join("---\n");
}

/** A pod with much to see: it is probed, its hook takes a while when it is deleted, and a client notices. */
export const ENDS = `apiVersion: v1
kind: Pod
metadata:
  name: web-789dc4db69-2mzf2
  labels: {app: web}
spec:
  terminationGracePeriodSeconds: 30
  containers:
  - name: app
    image: busybox:1.36
    command: [sh, -c, "trap '' TERM; while true; do sleep 1; done"]
    readinessProbe:
      exec: {command: ["true"]}
    lifecycle:
      preStop:
        exec: {command: [sleep, "20"]}
---
apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports: [{port: 80}]
---
apiVersion: lifepod.dev/v1alpha1
kind: Scenario
spec:
  horizon: 3m
  actions:
  - {at: 30s, kubectl: "delete pod web-789dc4db69-2mzf2"}
`;
