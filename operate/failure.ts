/** What keeps a command from its work, told in words for the person who ran it: printed without a stack trace. */
export class Failure extends Error {}

/** Runs an entry point: it exits with the code that is handed back, or with 1 and one message when it could not do its work. */
export async function run(main: () => Promise<number>): Promise<void> {
    try {
        process.exitCode = await main();
    } catch (error) {
        if (!(error instanceof Failure)) {
            throw error;
        }
        process.stderr.write(`${error.message}\n`);
        process.exitCode = 1;
    }
}
