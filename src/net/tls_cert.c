/* SPDX-License-Identifier: MIT
 *
 * Files are written beside their places and renamed, the key first: what a
 * crash leaves behind is made anew. */
#include "net/tls_cert.h"

#include "net/tls_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define DAY_S (24 * 3600)

/* --- Fingerprints ------------------------------------------------------- */

void
tls_fingerprint_of(const X509 *certificate, char out[TLS_FINGERPRINT_BYTES])
{
    unsigned char sum[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    must(X509_digest(certificate, EVP_sha256(), sum, &n) == 1 && n == 32);
    for (unsigned i = 0; i < n; i++)
        snprintf(out + 3 * i, 4, "%02X%s", sum[i], i + 1 < n ? ":" : "");
}

int
tls_cert_fingerprint(const char *path, char out[TLS_FINGERPRINT_BYTES],
                     struct err *e)
{
    FILE *f = fopen(path, "re");
    X509 *certificate;

    if (f == NULL)
        return err_set(e, errno, "cannot read %s: %s", path, strerror(errno));
    certificate = PEM_read_X509(f, NULL, NULL, NULL);
    fclose(f);
    if (certificate == NULL)
        return err_set(e, EINVAL, "%s holds no certificate", path);
    tls_fingerprint_of(certificate, out);
    X509_free(certificate);
    return 0;
}

/* --- Making one --------------------------------------------------------- */

/* The machine's name, if a certificate can hold it. */
static void
host_name(char out[65])
{
    static const char legal[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-";
    char name[65] = "";

    if (gethostname(name, sizeof name - 1) < 0 || *name == '\0' ||
        name[strspn(name, legal)] != '\0')
        snprintf(name, sizeof name, "localhost");
    memcpy(out, name, sizeof name);
}

static bool
add_extension(X509 *x, int nid, const char *value)
{
    X509V3_CTX context;
    X509_EXTENSION *extension;
    bool done;

    X509V3_set_ctx(&context, x, x, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &context, nid, value);
    done = extension != NULL && X509_add_ext(x, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return done;
}

static bool
add_names(X509 *x)
{
    X509_NAME *subject = X509_get_subject_name(x);
    char host[65], names[256];

    host_name(host);
    snprintf(names, sizeof names,
             "DNS:%s%s,IP:127.0.0.1,IP:::1", host,
             strcmp(host, "localhost") == 0 ? "" : ",DNS:localhost");
    return X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                                      (unsigned char *)host, -1, -1, 0) == 1 &&
           X509_set_issuer_name(x, subject) == 1 &&
           add_extension(x, NID_subject_alt_name, names) &&
           add_extension(x, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(x, NID_key_usage, "critical,digitalSignature") &&
           add_extension(x, NID_ext_key_usage, "serverAuth");
}

/* Good from yesterday on: clocks differ. */
static bool
fill(X509 *x, EVP_PKEY *key)
{
    BIGNUM *serial = BN_new();
    bool done = serial != NULL &&
        BN_rand(serial, 127, BN_RAND_TOP_ANY, BN_RAND_BOTTOM_ANY) == 1 &&
        BN_to_ASN1_INTEGER(serial, X509_get_serialNumber(x)) != NULL &&
        X509_set_version(x, X509_VERSION_3) == 1 &&
        X509_gmtime_adj(X509_getm_notBefore(x), -DAY_S) != NULL &&
        X509_gmtime_adj(X509_getm_notAfter(x), 3652L * DAY_S) != NULL &&
        X509_set_pubkey(x, key) == 1 && add_names(x) &&
        X509_sign(x, key, EVP_sha256()) > 0;

    BN_free(serial);
    return done;
}

/* --- Writing it --------------------------------------------------------- */

static int
cannot_write(const char *path, int code, struct err *e)
{
    return err_set(e, code, "cannot write %s: %s", path, strerror(code));
}

/* `key` or `x`, the one that is not NULL. */
static int
write_pem(const char *path, EVP_PKEY *key, X509 *x, struct err *e)
{
    char fresh[600];
    int fd, r = 0;

    snprintf(fresh, sizeof fresh, "%s.new", path);
    (void)!unlink(fresh);
    fd = open(fresh, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *f = fd >= 0 ? fdopen(fd, "w") : NULL;
    if (f == NULL) {
        r = cannot_write(fresh, errno, e);
        if (fd >= 0)
            close(fd);
        return r;
    }
    errno = 0;
    bool done = key != NULL
        ? PEM_write_PKCS8PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) == 1
        : PEM_write_X509(f, x) == 1;
    done = fflush(f) == 0 && fsync(fd) == 0 && done;
    int code = errno != 0 ? errno : EIO;
    done = fclose(f) == 0 && done;
    if (!done || rename(fresh, path) < 0)
        r = cannot_write(path, done ? errno : code, e);
    return r;
}

static int
make(const char *certificate, const char *key_path, struct err *e)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x = X509_new();
    int r;

    ERR_clear_error();
    if (key == NULL || x == NULL || !fill(x, key))
        r = tls_explain(e, EIO, "cannot make a certificate");
    else
        r = write_pem(key_path, key, NULL, e);
    if (r == 0)
        r = write_pem(certificate, NULL, x, e);
    X509_free(x);
    EVP_PKEY_free(key);
    return r;
}

int
tls_cert_make(const char *certificate, const char *key, bool *made,
              struct err *e)
{
    bool has_key = access(key, F_OK) == 0;

    *made = false;
    if (access(certificate, F_OK) == 0) {
        if (has_key)
            return 0;
        return err_set(e, ENOENT, "the certificate %s has lost its key, %s: "
                       "restore it, or remove both to have new ones",
                       certificate, key);
    }
    int r = make(certificate, key, e);
    *made = r == 0;
    return r;
}
