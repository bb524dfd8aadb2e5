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

/** So many pods that sleep. */
export function pods(count) {
  const one = (i) => HELLO.replace("name: myapp-pod", `name: pod-${String(i).padStart(3, "0")}`).replace("&& 3600", "&& sleep 7200");
  return Array.from({ length: count }, (_, i) => one(i)).join("---\n");
}
