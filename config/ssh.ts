/** What is wrong with a host key line, or undefined. */
export function hostKeyProblem(line: string): string | undefined {
    return /^(ssh-ed25519|ecdsa-sha2-nistp\d+) [A-Za-z0-9+/]+=*$/.test(line) ? undefined : "must be an SSH host key";
}
