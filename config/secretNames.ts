/** What a parameter of a request is called that holds a secret. */
export const SECRET_PARAM =
    /^(.*[_-])?(api[_-]?key|access[_-]?key|key|auth|password|passwd|pwd|pass|secret|token|sig|signature)$/i;

/** The same of a header; others, such as `X-Scope-OrgID`, may be shown. */
export function isSecretHeader(name: string): boolean {
    return SECRET_PARAM.test(name) || /^((proxy-)?authorization|cookie)$/i.test(name);
}

/** Whether a URL has such a parameter. */
export function hasSecretParam(url: string): boolean {
    return URL.canParse(url) && [...new URL(url).searchParams.keys()].some((name) => SECRET_PARAM.test(name));
}
