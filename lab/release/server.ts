/** The lab's release server: the files of one directory over HTTP, as a mirror would serve them. Arguments: address, port, directory. */
import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";

const [address, port, directory = "."] = process.argv.slice(2);

createServer((request, response) => {
    void (async () => {
        const name = (request.url ?? "/").slice(1);
        if (!(await readdir(directory)).includes(name)) {
            response.writeHead(404).end(`no file '${name}' here\n`);
            return;
        }
        const path = join(directory, name);
        response.writeHead(200, { "content-length": (await stat(path)).size });
        if (request.method === "HEAD") {
            response.end();
            return;
        }
        await pipeline(createReadStream(path), response);
    })().catch((error: unknown) => {
        console.error(request.url, error);
        response.destroy();
    });
}).listen(Number(port), address);
