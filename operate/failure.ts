/** What keeps a command from its work, told in words for the person who ran it: printed without a stack trace. */
export class Failure extends Error {}

/** Runs an entry point: exit code 0 when it did its work, 1 with one message when it could not. */
export async function run(main: () => Promise<void>): Promise<void> {
    try {
        await main();
    } catch (error) {
        if (!(error instanceof Failure)) {
            throw error;
        }
        process.stderr.write(`${error.message}\n`);
        process.exitCode = 1;
    }
}
