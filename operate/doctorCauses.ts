import { RENEWAL_HOME, RENEWAL_SERVICE } from "../host/renewal";
import type { Attempt } from "./doctorPlan";

/** What an attempt brought, as doctor.sh tells it. */
export interface Answer {
    /** Of curl. */
    readonly exit: number;
    /** Of HTTP; undefined where there was none. */
    readonly status: number | undefined;
    readonly samples: number;
    readonly error: string;
    /** How the body begins. */
    readonly head: string;
}

/** What is the matter, in a few words, and what helps. */
export interface Diagnosis {
    readonly result: string;
    /** Absent where nothing is wrong. */
    readonly remedy?: string;
}

/** Bound to 127.0.0.1 by kubeadm, each with its own flag. */
const LOCAL: Readonly<Record<string, string>> = {
    etcd: "--listen-metrics-urls=http://0.0.0.0:2381",
    "kube-scheduler": "--bind-address=0.0.0.0",
    "kube-controller-manager": "--bind-address=0.0.0.0",
};

const KUBELET_JOBS = ["kubernetes-nodes", "kubernetes-nodes-cadvisor"];
/** What answers with a certificate of its own making, where nobody changes that. */
const OWN_CERTIFICATE = [...KUBELET_JOBS, "kube-scheduler", "kube-controller-manager"];

/** They end where they cannot renew their lease. */
const LEASE_HOLDERS = ["kube-scheduler", "kube-controller-manager"];

const REFUSED = "connection refused";
const NOT_ACCEPTED = "401: the credentials are not accepted";

/** The most telling thing that is wrong with an attempt, which may be that the cluster's API server is silent. */
export function diagnose(attempt: Attempt, answer: Answer, isApiServerSilent = false): Diagnosis {
    const found = ofItself(attempt, answer);
    const reason = isApiServerSilent && attempt.path === "direct" ? ofSilence(attempt.job, found.result) : undefined;
    return reason === undefined
        ? found
        : {
              result: found.result,
              remedy: `as expected while the API server does not answer, since ${reason}: see the API server first`,
          };
}

/** Why a job has this result where the API server does not answer. */
function ofSilence(job: string, result: string): string | undefined {
    if (result === NOT_ACCEPTED && KUBELET_JOBS.includes(job)) {
        return "kubelets ask it about every token";
    }
    return result === REFUSED && LEASE_HOLDERS.includes(job) ? "they end without their lease" : undefined;
}

function ofItself(attempt: Attempt, answer: Answer): Diagnosis {
    return answer.exit === 0 ? ofAnswer(attempt, answer) : ofConnection(attempt, answer);
}

function ofConnection(attempt: Attempt, { exit, error }: Answer): Diagnosis {
    const { cluster, job, url } = attempt;
    const { hostname, port, protocol } = new URL(url);
    const at = `port ${port || (protocol === "https:" ? "443" : "80")} of ${hostname}`;
    switch (exit) {
        case 6:
            return {
                result: `DNS: the VM knows no ${hostname}`,
                remedy: `let the VM's resolver know ${hostname}, or name an address in the place of it in the stack that has made the cluster's side`,
            };
        case 7:
            return /refused/i.test(error) ? refused(attempt, at) : noRoute(at);
        case 28:
            return timeout(attempt, at, error);
        case 51:
        case 60:
            return certificate(attempt, error);
        case 26:
        case 58:
        case 77:
            return {
                result: `a file of the job's credentials cannot be read: ${curlSays(error, exit)}`,
                remedy: error.includes(`${RENEWAL_HOME}/`)
                    ? `see 'journalctl -u ${RENEWAL_SERVICE}' on the VM, which gets these tokens; 'make drift' tells what else of it lacks`
                    : `run 'make drift', which tells which file of ${cluster} lacks or was changed; 'make repair' puts it right`,
            };
        case 35:
        case 56:
            return demandsAnotherCertificate(error)
                ? {
                      result: "x509: the VM's certificate is not accepted",
                      remedy: `deploy the stack that has made ${cluster}'s side, then this one: the certificate that the server trusts is not the VM's`,
                  }
                : {
                      result: "no TLS, or the connection was cut",
                      remedy: `see what answers at ${at}, and whether it speaks TLS; ${job} expects '${protocol}//'`,
                  };
        default:
            return { result: curlSays(error, exit), remedy: `try it on the VM: curl -v '${url}'` };
    }
}

/** Whether a server has said that the VM's certificate is none that it takes. */
export function demandsAnotherCertificate(error: string): boolean {
    return /certificate required|bad certificate|unknown ca/i.test(error);
}

function refused({ cluster, job, path }: Attempt, at: string): Diagnosis {
    const flag = path === "direct" ? LOCAL[job] : undefined;
    return {
        result: REFUSED,
        remedy:
            flag === undefined
                ? `nothing listens at ${at}, or a firewall says so: see whether it runs, and on which address`
                : `kubeadm lets ${job} listen on 127.0.0.1 alone: set ${flag} in its static pod's manifest on each control-plane node ` +
                  `and open the port to the VM alone, or set clusters.${cluster}.jobs.${job}.path to federate or off`,
    };
}

/** By curl's words, what it waited for in vain. */
function timeout({ url }: Attempt, at: string, error: string): Diagnosis {
    const { hostname, host } = new URL(url);
    if (/Resolving timed out/i.test(error)) {
        return {
            result: `DNS: nobody tells the VM the address of ${hostname} in time`,
            remedy: "look at the VM's resolver (/etc/resolv.conf), and at whether the VM reaches port 53 of the servers there",
        };
    }
    return /Connection timed out|Failed to connect/i.test(error)
        ? noRoute(at)
        : {
              result: "no whole answer within 10 s",
              remedy: `look at what ${host} is busy with, or at what it waits for behind it; a NetworkPolicy that drops looks like this`,
          };
}

function noRoute(at: string): Diagnosis {
    return {
        result: "no route: the VM reaches nobody there",
        remedy: `let the VM reach ${at}: a route, a security group, a firewall on the way, or a policy at the node`,
    };
}

function certificate({ cluster, job, path, url, client }: Attempt, error: string): Diagnosis {
    const { hostname } = new URL(url);
    if (/expired|not yet valid/i.test(error)) {
        const remedy = `renew the certificate of ${hostname}; compare the clocks of the VM and of that machine`;
        return { result: "x509: the server's certificate is not valid now", remedy };
    }
    if (/subject name|does not match|no alternative/i.test(error)) {
        return {
            result: `x509: the server's certificate is for another name than it is asked by`,
            remedy: `give that server a certificate for ${client.tls_config?.server_name ?? hostname}, or ask it by a name that its certificate has`,
        };
    }
    if (path === "direct" && OWN_CERTIFICATE.includes(job)) {
        const skip = `set clusters.${cluster}.jobs.${job}.insecureSkipVerify, whose token opens nothing but metrics`;
        return {
            result: "x509: the server has signed its certificate itself",
            remedy: KUBELET_JOBS.includes(job)
                ? `set serverTLSBootstrap: true in the kubelets' configuration and approve their requests (kubectl certificate approve), or ${skip}`
                : `give ${job} a certificate of the cluster's CA (--tls-cert-file), or ${skip}`,
        };
    }
    return {
        result: "x509: the server's certificate is not of the CA that this job trusts",
        remedy: `compare the CA in the stack that has made ${cluster}'s side with that of ${hostname}: another cluster, or a new CA`,
    };
}

function ofAnswer(attempt: Attempt, answer: Answer): Diagnosis {
    const { cluster, job, path, url, lastError } = attempt;
    const { status = 0, samples, head } = answer;
    const said = message(head);
    // Whoever is not let in knows that it answers.
    if (path === "answers") {
        return [200, 401, 403].includes(status)
            ? { result: status === 200 ? "ready" : `answers (${status} to whoever has no token)` }
            : {
                  result: `HTTP ${status}: ${said}`,
                  remedy: `look at the API server itself: kubectl get --raw '/readyz?verbose'`,
              };
    }
    if (status === 401) {
        return {
            result: NOT_ACCEPTED,
            remedy:
                KUBELET_JOBS.includes(job) && path === "direct"
                    ? `the kubelets must ask the API server (authentication.webhook.enabled); else ${newCredentials(attempt)}`
                    : newCredentials(attempt),
        };
    }
    if (status === 403) {
        return {
            result: `403: ${said}`,
            remedy: `deploy the stack that has made ${cluster}'s side: its ClusterRoles and bindings are not as it declares them, or an admission or authorization webhook refuses`,
        };
    }
    if (status >= 300 && status < 400) {
        return {
            result: `HTTP ${status}: a redirect, which is not followed`,
            remedy: `name the address of what answers itself: at ${new URL(url).host} something sends to another, such as a page to log in`,
        };
    }
    if (status === 404) {
        return {
            result: `404: nothing at ${new URL(url).pathname}`,
            remedy:
                path === "federate"
                    ? "set the endpoint's path as that Prometheus has it (its --web.route-prefix)"
                    : `see what listens at ${new URL(url).host}, and at which path it has its metrics`,
        };
    }
    if (status === 500 && path === "direct" && said.startsWith("Authorization error")) {
        return {
            result: `500: ${said}`,
            remedy: "the kubelet cannot ask the API server whether the VM may have its metrics: put the API server right first",
        };
    }
    if (status >= 500 && path === "apiServerProxy") {
        return {
            result: `HTTP ${status}: ${said}`,
            remedy: "the API server does not reach the pod: see whether it listens on that port, and whether a NetworkPolicy lets the control plane in",
        };
    }
    if (status >= 500 && path === "federate") {
        return {
            result: `HTTP ${status}: ${said}`,
            remedy: "who answers does not reach the Prometheus behind it: see whether its pod is ready, and whether a NetworkPolicy lets the way there in",
        };
    }
    if (status !== 200) {
        return { result: `HTTP ${status}: ${said}`, remedy: `try it on the VM: curl -v '${url}'` };
    }
    if (path === "discovery") {
        return { result: "allowed" };
    }
    if (/^\s*</.test(head)) {
        return { result: "answers with a page, not with metrics", remedy: `see what listens at ${new URL(url).host}` };
    }
    if (samples === 0 && job !== "alerts") {
        return {
            result: "0 series",
            remedy:
                path === "federate"
                    ? "nothing there is what this job asks for: see below which jobs there are, and docs/endpoints.md for naming and matchers"
                    : `what answers at ${new URL(url).host} has no metrics at this path`,
        };
    }
    if (lastError !== "") {
        return {
            result: `answers now; Prometheus says: ${lastError}`,
            remedy: "wait for its next scrape; where it says the same again, docs/configuration.md has the limits of a job",
        };
    }
    return { result: "ok" };
}

/** Whether the VM gets the job's token from the API server itself, again and again. */
function isRenewed({ client }: Attempt): boolean {
    return client.authorization?.credentials_file.startsWith(`${RENEWAL_HOME}/`) ?? false;
}

/** What helps where those that there are count no longer. */
function newCredentials(attempt: Attempt): string {
    const { cluster, client, url } = attempt;
    if (client.basic_auth !== undefined) {
        return `set the user name and the password that ${new URL(url).host} knows in the stack that has made ${cluster}'s side; deploy that, then this one`;
    }
    const deploy = `deploy the stack that has made ${cluster}'s side, then this one`;
    return isRenewed(attempt)
        ? `'journalctl -u ${RENEWAL_SERVICE}' on the VM tells why the token was not renewed; where that is refused, ${deploy}`
        : `${deploy}: the token has expired, or its account is gone`;
}

/** What Kubernetes says in a Status, or the first words of whatever else it is. */
function message(head: string): string {
    const [, said] = /"message":\s*"((?:[^"\\]|\\.)*)"/.exec(head) ?? [];
    const text = (said ?? head).replaceAll(/\\(.)/g, "$1").replaceAll(/\s+/g, " ").trim();
    return text.length > 160 ? `${text.slice(0, 160)}…` : text || "(nothing more is said)";
}

function curlSays(error: string, exit: number): string {
    return error.replace(/^curl: \(\d+\) /, "").trim() || `curl ends with ${exit}`;
}
