import { PROGRAMS } from "../../host/programs";
import type { Companion } from "../programs";
import type { AlertmanagerConfig, RemoteWriteConfig } from "../receivers";
import { httpClientFields } from "./httpClient";
import type { PrometheusDocument } from "./types";

type Named<T> = readonly (T & { readonly name: string })[];

/** Where alerts go: to the Alertmanager on the VM, if there is one, and to those elsewhere. */
export function alerting(
    companions: readonly Companion[],
    others: Named<AlertmanagerConfig>,
): Pick<PrometheusDocument, "alerting"> {
    const alertmanagers = [
        ...(companions.includes("alertmanager")
            ? [{ static_configs: [{ targets: [PROGRAMS.alertmanager.address] }] }]
            : []),
        ...byName(others).map(({ name, ...other }) => ({
            scheme: other.scheme,
            ...(other.pathPrefix !== undefined && { path_prefix: other.pathPrefix }),
            ...(other.timeout !== undefined && { timeout: other.timeout }),
            ...httpClientFields(other, ["alertmanagers", name]),
            static_configs: [{ targets: other.targets }],
        })),
    ];
    return alertmanagers.length > 0 ? { alerting: { alertmanagers } } : {};
}

/** Where samples go besides. */
export function remoteWrite(receivers: Named<RemoteWriteConfig>): Pick<PrometheusDocument, "remote_write"> {
    const all = byName(receivers).map(({ name, ...receiver }) => ({
        name,
        url: receiver.url,
        ...(receiver.remoteTimeout !== undefined && { remote_timeout: receiver.remoteTimeout }),
        ...(receiver.sendNativeHistograms && { send_native_histograms: true }),
        ...httpClientFields(receiver, ["remoteWrite", name]),
    }));
    return all.length > 0 ? { remote_write: all } : {};
}

function byName<T>(receivers: Named<T>): (T & { readonly name: string })[] {
    return [...receivers].sort((a, b) => (a.name < b.name ? -1 : 1));
}
