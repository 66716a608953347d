import { z } from "zod";
import { HTTP_CLIENT, httpClientIssues, HttpUrl, lackingScheme, lackingUrl, refusing } from "./httpClient";
import { ALWAYS, isObject } from "./scalars";
import { Address } from "./addresses";
import { Duration } from "./source";

/** An Alertmanager elsewhere than on the VM. */
export const AlertmanagerConfig = z
    .strictObject({
        targets: z
            .array(Address)
            .min(1)
            .describe("Each of its replicas as host:port, since every one must get every alert"),
        scheme: z.enum(["http", "https"]).default("http").describe("Protocol of the replicas"),
        pathPrefix: z
            .string()
            .regex(/^(\/[\w.~-]+)+$/, "must be a path such as /alertmanager, without a slash at its end")
            .optional()
            .describe("Path before `/api/v2/alerts`"),
        timeout: Duration.optional().describe("How long it may take to answer (10s, as Prometheus has it)"),
        ...HTTP_CLIENT,
    })
    .superRefine((receiver: unknown, context) => {
        if (isObject(receiver)) httpClientIssues(receiver, lackingScheme(receiver["scheme"]), refusing(context));
    }, ALWAYS);
export type AlertmanagerConfig = z.infer<typeof AlertmanagerConfig>;

/** A storage elsewhere that gets every sample, too. */
export const RemoteWriteConfig = z
    .strictObject({
        url: HttpUrl.describe("Where samples are written to; it is shown, so no secret may be in it"),
        remoteTimeout: Duration.optional().describe("How long a request may take (30s, as Prometheus has it)"),
        sendNativeHistograms: z.boolean().default(false).describe("Whether it takes native histograms"),
        ...HTTP_CLIENT,
    })
    .superRefine((receiver: unknown, context) => {
        if (isObject(receiver)) httpClientIssues(receiver, lackingUrl(receiver["url"]), refusing(context));
    }, ALWAYS);
export type RemoteWriteConfig = z.infer<typeof RemoteWriteConfig>;
