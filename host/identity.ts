/** Which machine it is, and which installation on it; `identity` of host/lib.sh prints it. */
export interface Identity {
    readonly machineId: string;
    /** By which one installation on the machine is told from the next. */
    readonly mark: string;
}

/** The line of the identity, without what the user's login shell may have to say before. */
export function identityLine(printed: string): string {
    return /^machine-id=.*$/m.exec(printed)?.[0] ?? printed;
}

/** Parts that are not there are empty. */
export function identityOf(printed: string): Identity {
    const [, machineId = "", mark = ""] = /^machine-id=(\w+)(?: mark=(\w+))?/.exec(identityLine(printed)) ?? [];
    return { machineId, mark };
}
