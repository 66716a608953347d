import { join } from "node:path";
import type { PeerCertificate } from "node:tls";
import { Front, HASH, NAME } from "./frontVm";
import { offeredReleases } from "./releases";
import { processes } from "./running";
import { SpareStack } from "./spareStack";
import { SpareVm } from "./spareVm";

/** A spare VM whose Prometheus is behind a front. */
export class FrontSuite {
    public readonly vm = new SpareVm(1);
    private made: { stack: SpareStack; front: Front } | undefined;

    get stack(): SpareStack {
        return this.known.stack;
    }

    /** As it was when its certificates were last read. */
    get front(): Front {
        return this.known.front;
    }

    private get known() {
        if (this.made === undefined) throw new Error("the suite has not begun");
        return this.made;
    }

    /** @param scrapeInterval A busy machine does not keep the deadlines of a short one. */
    async begin(scrapeInterval = "5s"): Promise<void> {
        await this.vm.blank();
        const stack = await SpareStack.create(this.vm, "spare-1", join(__dirname, "frontProgram.ts"));
        const { blackbox_exporter: blackboxExporter, alertmanager } = await offeredReleases();
        const hash = await stack.encrypt(HASH);
        const frontPasswordHashes = { alice: hash, bob: hash };
        Object.assign(stack.configuration, { blackboxExporter, alertmanager, frontPasswordHashes });
        Object.assign(stack.configuration["prometheus"] as object, {
            scrapeInterval,
            extraFlags: ["--query.timeout=10s"],
        });
        // By its name alone, see frontProgram.ts.
        stack.configuration["front"] = this.configured({ aliases: [this.vm.address, "short-lived.example.com"] });
        await stack.mustUp();
        this.made = { stack, front: await Front.of(this.vm, stack) };
    }

    async end(): Promise<void> {
        await this.made?.stack.remove();
        await this.vm.gone();
    }

    /** What the stack has of the front, with other values at some places. */
    configure(changes: object = {}): void {
        this.stack.configuration["front"] = this.configured(changes);
    }

    private configured(changes: object): object {
        return {
            serverName: NAME,
            aliases: [this.vm.address],
            alertmanagerPath: "/alertmanager/",
            users: { alice: { roles: ["viewer", "silencer"] }, bob: { roles: ["federator"] } },
            clients: {
                grafana: { roles: ["viewer"] },
                "prometheus-b": { roles: ["federator"] },
                shipper: { roles: ["writer"] },
            },
            ...changes,
        };
    }

    /** Deploys what is configured, and learns who is to be trusted then. */
    async deploy(): Promise<string> {
        const said = await this.stack.mustUp();
        this.made = { stack: this.stack, front: await Front.of(this.vm, this.stack) };
        return said;
    }

    /** The one that is shown. */
    async certificate(): Promise<PeerCertificate> {
        return (await this.front.ask("/-/ready", "grafana")).certificate;
    }

    /** Process and starts of those that are not to be disturbed. */
    processes(...units: string[]): Promise<string> {
        return processes(this.vm, ...units);
    }
}
