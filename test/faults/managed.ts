import { WAIT_SECONDS, waitFor } from "../lab/lab";
import type { SpareVm } from "../vm/spareVm";

/** Where the program puts something, whatever it is called; what stands in for commands lies in /usr/local/sbin. */
const FIND =
    "find usr/local etc/systemd/system etc/apache2 run -xdev " +
    "\\( -path usr/local/sbin -o -path 'usr/local/var/lib/*/*' -o -path 'run/*' ! -path 'run/external-prometheus*' \\) -prune -o " +
    "\\( -type d -printf '%p/ %m %u:%g\\n' -o -type l -printf '%p -> %l\\n' -o -printf '%p %m %u:%g\\n' \\)";

/**
 * All that the program manages on the VM, as text that is equal if and only if that is: paths, modes, owners, contents and
 * targets, users and groups, and what httpd comes with. What is random in every installation has a name in its place: the
 * folders of the configurations that run, and of the one that is remembered. The random word of the mark and systemd's id of
 * the last start are left out. The lock stays for ever.
 */
export function managed(vm: SpareVm): Promise<string> {
    return vm.text(
        [
            "cd /",
            "current=$(basename $(readlink usr/local/etc/prometheus/current || echo no-configuration))",
            "front=$(basename $(readlink usr/local/etc/httpd/current || echo no-front))",
            "healthy=usr/local/lib/external-prometheus/healthy/prometheus/configuration",
            "healthy=$(basename $(readlink $healthy || echo no-configuration))",
            "listing=$(mktemp)",
            `{ ${FIND} | grep -v '^run/external-prometheus.lock' | sort`,
            "find usr/local etc/systemd/system etc/apache2 -xdev \\( -path usr/local/sbin -o -path 'usr/local/var/lib/*/*' \\) -prune " +
                "-o -type f -print | sort | while read -r file; do " +
                'case $file in */owner) sed 3d $file ;; */version.conf) sed s/$front/FRONT/ $file ;; */start) ;; *) cat $file ;; esac | sha256sum | cut -c 1-16 | sed "s|$|  $file|"; done',
            "getent passwd | grep nologin | sort",
            "getent group | grep -E 'prometheus|exporter|alertmanager' | sort",
            "dpkg-query --show --showformat '${db:Status-Abbrev}${Package}\\n' 'apache2*' 2>&1 || true",
            "systemctl is-enabled prometheus apache2 2>&1 || true; } >$listing",
            'sed "s/$current/CURRENT/g; s/$healthy/HEALTHY/g; s/$front/FRONT/g" $listing',
            "rm $listing",
        ].join("\n"),
    );
}

const READY = "curl -s --fail --max-time 5 -o /dev/null http://127.0.0.1:9090/-/ready";

/** Waits until Prometheus is ready; returns whether it came to that. */
export async function ready(vm: SpareVm, seconds = WAIT_SECONDS): Promise<boolean> {
    const wait = `for _ in $(seq ${seconds * 5}); do ${READY} && exit; sleep 0.2; done; exit 1`;
    return (await vm.run(wait)).code === 0;
}

/** Whether httpd answers over TLS within so many seconds, whatever it says. */
export async function frontAnswers(vm: SpareVm, seconds = WAIT_SECONDS): Promise<boolean> {
    const ask = "curl -sk --max-time 5 -o /dev/null https://127.0.0.1/";
    const wait = `for _ in $(seq ${seconds * 5}); do ${ask} && exit; sleep 0.2; done; exit 1`;
    return (await vm.run(wait)).code === 0;
}

/** What runs: the version and configuration that answer, and which job has a pool. */
export async function running(vm: SpareVm): Promise<Record<string, unknown>> {
    const build = await ask(vm, "status/buildinfo");
    const config = await ask(vm, "status/config");
    // Prometheus, which always watches itself, has no pools at all in the first seconds after a start.
    const { scrapePools } = await waitFor(
        "scrape pools",
        async () => (await ask(vm, "scrape_pools")) as { scrapePools: string[] },
        (answer) => answer.scrapePools.length > 0,
    );
    const runtime = await ask(vm, "status/runtimeinfo");
    return {
        version: build["version"],
        config: config["yaml"],
        pools: scrapePools.sort(),
        reloaded: runtime["reloadConfigSuccess"],
        front: await frontAnswers(vm, 1),
    };
}

/** The times, in seconds, of the samples that Prometheus holds of its own `up`, oldest first. */
export async function samples(vm: SpareVm): Promise<number[]> {
    const { result } = (await ask(vm, `query?query=${encodeURIComponent('up{job="prometheus"}[1h]')}`)) as {
        result: { values: [number, string][] }[];
    };
    return result.flatMap(({ values }) => values.map(([time]) => time)).sort((a, b) => a - b);
}

async function ask(vm: SpareVm, path: string): Promise<Record<string, unknown>> {
    const text = await vm.text(`curl -sS --fail --max-time 10 'http://127.0.0.1:9090/api/v1/${path}'`);
    return (JSON.parse(text) as { data: Record<string, unknown> }).data;
}
