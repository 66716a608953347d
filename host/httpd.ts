import { renderSection, type UnitSection } from "./unit";
import { HARDENING } from "./units";

/**
 * What is changed of the unit that a distribution has for httpd. It is started by root, who opens the ports and reads the key; what talks to
 * clients is a user without rights.
 */
const DROP_IN: UnitSection = {
    // What it does for strangers, such as checking passwords, must not keep Prometheus from scraping.
    Nice: "10",
    CPUWeight: "20",
    CPUQuota: "100%",
    OOMScoreAdjust: "500",
    LimitNOFILE: "16384",
    LimitCORE: "0",
    Restart: "on-failure",
    RestartSec: "5s",
    ...HARDENING,
    // The ports below 1024, another user for the processes that answer, a signal to them, and folders of theirs below /run.
    CapabilityBoundingSet: "CAP_NET_BIND_SERVICE CAP_SETUID CAP_SETGID CAP_KILL CAP_CHOWN",
    PrivateUsers: "no",
    SystemCallFilter: ["@system-service", "~@resources"],
    ProcSubset: "pid",
    // Of both families; those that are not there are passed over.
    ReadWritePaths: "/run -/var/log/apache2 -/var/log/httpd -/var/cache/httpd -/var/lib/httpd",
};

/** Homes are hidden from httpd, unless that is where its key is. */
export function httpdDropIn(keyFile: string): string {
    const isAtHome = /^\/(home|root|run\/user)\//.test(keyFile);
    return `[Service]\n${renderSection({ ...DROP_IN, ProtectHome: isAtHome ? "read-only" : "yes" })}`;
}

/** Where the VM keeps what httpd is told, version by version; as in host/httpd.sh. */
export const FRONT_FOLDER = "/usr/local/etc/httpd";

/**
 * For httpd's own directory. Where the version is defined already, it is one that is being tried. In the family of RHEL the port is opened
 * by the file of the package's own site, which the front takes the place of; in that of Debian by whatever loads the module.
 */
export const HTTPD_SITE = `# Managed by external-prometheus: what counts lies in ${FRONT_FOLDER}/current.
<IfDefine !FRONT>
    Define FRONT ${FRONT_FOLDER}/current
</IfDefine>
<IfFile /usr/lib/apache2/modules>
    Define FRONT_MODULES /usr/lib/apache2/modules
</IfFile>
<IfFile /etc/httpd/modules>
    Define FRONT_MODULES /etc/httpd/modules
    Define FRONT_LISTENS
</IfFile>
Include \${FRONT}/front.conf
`;
