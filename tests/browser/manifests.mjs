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
