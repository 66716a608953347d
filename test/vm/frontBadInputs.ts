/** What httpd cannot work with, and only finds out on the VM. */
export interface BadInput {
    readonly what: string;
    /** Of the front's configuration; the certificate is on the VM in each of these. */
    readonly change: object;
    /** What makes it so on the VM, before. */
    readonly before?: string;
    /** What puts it right there again. */
    readonly after?: string;
    /** What the step says. */
    readonly says: RegExp;
}

const PLACE = "/srv/acme";
const files = (certificate: string, key: string) => ({
    certificateFile: `${PLACE}/${certificate}.pem`,
    keyFile: `${PLACE}/${key}.key`,
});

/** Makes the certificates that those below name: good, other, weak and hidden, and one with a passphrase. */
export const CERTIFICATES_ON_VM = `
set -e
mkdir -p ${PLACE}
chmod 0755 ${PLACE}
make() { openssl req -x509 -nodes -days 30 -subj /CN=$1 -addext subjectAltName=DNS:prometheus.example.com \\
    -newkey "$2" $3 $4 -keyout ${PLACE}/$1.key -out ${PLACE}/$1.pem 2>/dev/null; }
make good ec -pkeyopt ec_paramgen_curve:P-256
make other ec -pkeyopt ec_paramgen_curve:P-256
make weak rsa:1024
openssl req -x509 -nodes -days 30 -subj /CN=elsewhere -addext subjectAltName=DNS:elsewhere.example.com \\
    -key ${PLACE}/good.key -out ${PLACE}/elsewhere.pem 2>/dev/null
openssl pkey -in ${PLACE}/good.key -aes256 -passout pass:x -out ${PLACE}/locked.key
cp ${PLACE}/good.key ${PLACE}/foreign.key
chown nobody ${PLACE}/foreign.key
chmod 0600 ${PLACE}/*.key
cp ${PLACE}/good.pem ${PLACE}/good.key /tmp
`;

export const GOOD_CERTIFICATE = files("good", "good");

export const BAD_INPUTS: readonly BadInput[] = [
    {
        what: "a certificate that is not there",
        change: files("gone", "good"),
        says: /gone\.pem.* does not exist or is empty/,
    },
    { what: "a key that is not there", change: files("good", "gone"), says: /gone\.key.* does not exist or is empty/ },
    {
        what: "a certificate that is none",
        change: { ...GOOD_CERTIFICATE, certificateFile: "/etc/hostname" },
        says: /hostname/,
    },
    {
        what: "a key of another certificate",
        change: files("good", "other"),
        says: /good\.pem and .*other\.key do not match/,
    },
    { what: "a key with a passphrase", change: files("good", "locked"), says: /locked\.key/ },
    { what: "a key of 1024 bits", change: files("weak", "weak"), says: /key too small/ },
    { what: "a key that the sandbox cannot read", change: files("good", "foreign"), says: /foreign\.key/ },
    {
        what: "a certificate for another name",
        change: files("elsewhere", "good"),
        says: /no alternative certificate subject name/,
    },
    {
        what: "a key that everybody can read",
        change: GOOD_CERTIFICATE,
        before: `chmod o=r ${PLACE}/good.key`,
        after: `chmod o= ${PLACE}/good.key`,
        says: /everybody on this VM can read the key .*good\.key/,
    },
    {
        what: "a certificate that the sandbox does not see",
        change: { certificateFile: "/tmp/good.pem", keyFile: "/tmp/good.key" },
        says: /\/tmp\/good\.pem/,
    },
    {
        what: "a module that is missing",
        change: { openHealth: true },
        before: "mv /usr/lib/apache2/modules/mod_headers.so /root/",
        after: "mv /root/mod_headers.so /usr/lib/apache2/modules/",
        says: /mod_headers\.so/,
    },
    {
        what: "somebody's broken file beside",
        change: { openHealth: true },
        before: "echo Nonsense >/etc/apache2/conf-enabled/nonsense.conf",
        after: "rm /etc/apache2/conf-enabled/nonsense.conf",
        says: /Nonsense/,
    },
    {
        what: "somebody's other site",
        change: { openHealth: true },
        before:
            "printf '<VirtualHost *:80>\\nServerName x\\n</VirtualHost>\\n' >/etc/apache2/sites-available/intranet.conf; " +
            "a2ensite -q intranet",
        after: "a2dissite -q intranet; rm /etc/apache2/sites-available/intranet.conf",
        says: /has other sites or ports \(.*intranet\.conf/,
    },
    {
        what: "somebody's other port",
        change: { openHealth: true },
        before: "echo Listen 8088 >/etc/apache2/conf-enabled/intranet.conf",
        after: "rm /etc/apache2/conf-enabled/intranet.conf",
        says: /has other sites or ports \(.*intranet\.conf/,
    },
    {
        what: "a Prometheus that does not answer",
        change: { openHealth: true },
        before: "systemctl stop prometheus",
        after: "systemctl start prometheus",
        says: /the previous configuration is back and runs/,
    },
];
