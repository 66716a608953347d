import { z } from "zod";

/** `host:port` that the VM can reach. */
export const Address = z
    .string()
    .regex(/^(\[[0-9a-fA-F:]+\]|[A-Za-z0-9.-]+):[1-9]\d{0,4}$/, "must be host:port")
    .refine((address) => Number(address.replace(/^.*:/, "")) <= 65535, "must have a port up to 65535");

/** URL of an API server, of which nothing has a meaning of its own to a program that is given it. */
export const ServerUrl = z
    .string()
    .regex(
        /^https:\/\/([A-Za-z0-9.-]+|\[[0-9a-fA-F:.]+\])(:[1-9]\d{0,4})?(\/(?!\.\.?(\/|$))[\w.~-]+)*\/?$/,
        "must be an https:// URL of host, port and path, such as https://k8s.example.com:6443",
    );
