/* gate_tls: what a link says of TLS: whole, as JSON, and fingerprints. What is in a certificate is looked at where TLS is spoken (serve/gate_tls.c). */
#include "gate_internal.h"

int gate_pin_parse(char ret[65], struct slice text, const char *place, struct err *e)
{
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;
	if (slice_starts(text, "sha256:") || slice_starts(text, "SHA256:"))
		text = slice_of(text.p + 7, text.n - 7);
	for (size_t i = 0; i < text.n; i++) {
		uint8_t c = text.p[i];
		if (c == ':' && n % 2 == 0) /* openssl prints them between the bytes */
			continue;
		if (c >= 'A' && c <= 'F')
			c = (uint8_t)(c - 'A' + 'a');
		if (n == 64 || !c || !strchr(digits, c))
			return err_set(e, ERR_USAGE, place, "a fingerprint is SHA-256 of the certificate: 64 hex digits");
		ret[n++] = (char)c;
	}
	ret[n] = 0;
	return n == 64 ? 0 : err_set(e, ERR_USAGE, place, "a fingerprint is SHA-256 of the certificate: 64 hex digits");
}

static bool pin_ok(const char *s)
{
	char again[65];
	return !s[0] || (gate_pin_parse(again, slice_str(s), NULL, NULL) == 0 && !strcmp(again, s));
}

static bool name_ok(const char *s)
{
	for (; *s; s++)
		if (!((*s >= 'a' && *s <= 'z') || (*s >= 'A' && *s <= 'Z') || (*s >= '0' && *s <= '9') || strchr("-._:", *s)))
			return false;
	return true;
}

static bool pem_ok(const char *s)
{
	return !s[0] || (strstr(s, "-----BEGIN CERTIFICATE-----") && !strstr(s, "PRIVATE KEY"));
}

int gate_tls_check(const struct gate_tls *t, struct err *e)
{
	bool asks = t->client_pin[0] || t->client_ca[0], knows = t->pin[0] || t->ca[0];
	if (!pin_ok(t->client_pin) || !pin_ok(t->pin))
		return err_set(e, ERR_USAGE, "--tls-pin", "a fingerprint is SHA-256 of the certificate: 64 hex digits");
	if (!pem_ok(t->client_ca) || !pem_ok(t->ca))
		return err_set(e, ERR_USAGE, "--tls-ca", "a file of certificates in PEM, and of nothing secret");
	if (!pem_ok(t->cert))
		return err_set(e, ERR_USAGE, "--tls-cert", "a file of certificates in PEM; its key is another file's");
	if (t->cert[0] && !t->to)
		return err_set(e, ERR_USAGE, "--tls-cert", "our own certificate is shown where TLS is spoken to the far side: say --tls-to");
	if (asks && !t->listen)
		return err_set(e, ERR_USAGE, "--tls-listen", "a certificate is asked for where the listener speaks TLS: say so");
	if (t->client_pin[0] && t->client_ca[0])
		return err_set(e, ERR_USAGE, "--tls-client-pin", "by its fingerprint or by who signed it, not both");
	if (t->to && !knows)
		return err_set(e, ERR_USAGE, "--tls-to", "by what is the far side known? Say --tls-pin SHA256 or --tls-ca FILE");
	if (knows && !t->to)
		return err_set(e, ERR_USAGE, "--tls-to", "the far side is known by a certificate where TLS is spoken to it: say so");
	if (t->pin[0] && t->ca[0])
		return err_set(e, ERR_USAGE, "--tls-pin", "by its fingerprint or by who signed it, not both");
	if (!name_ok(t->name) || (t->name[0] && !t->ca[0]))
		return err_set(e, ERR_USAGE, "--tls-name", "the name in the far side's certificate, beside --tls-ca");
	return 0;
}

void gate_tls_put(const struct gate_tls *t, struct jsonw *w)
{
	if (t->listen)
		jsonw_kbool(w, "tlsListen", true);
	jsonw_kslice_opt(w, "tlsClientPin", slice_str(t->client_pin));
	jsonw_kslice_opt(w, "tlsClientCa", slice_str(t->client_ca));
	if (t->to)
		jsonw_kbool(w, "tlsTo", true);
	jsonw_kslice_opt(w, "tlsPin", slice_str(t->pin));
	jsonw_kslice_opt(w, "tlsCa", slice_str(t->ca));
	jsonw_kslice_opt(w, "tlsName", slice_str(t->name));
	jsonw_kslice_opt(w, "tlsCert", slice_str(t->cert));
}

static bool take(const struct json_node *n, const char *key, char *out, size_t size)
{
	struct slice s = json_text(n, key);
	if (s.n >= size || (s.n && memchr(s.p, 0, s.n)))
		return false;
	if (s.n)
		memcpy(out, s.p, s.n);
	out[s.n] = 0;
	return true;
}

/* What stands there and is no answer is no "no": a link that was to speak TLS never speaks plainly. */
static bool truth(const struct json_node *n, const char *key, bool *ret)
{
	const struct json_node *v = json_get(n, key);
	*ret = v && v->type == JSON_TRUE;
	return !v || v->type == JSON_TRUE || v->type == JSON_FALSE;
}

int gate_tls_read(const struct json_node *n, struct gate_tls *t, struct err *e)
{
	if (!truth(n, "tlsListen", &t->listen) || !truth(n, "tlsTo", &t->to))
		return err_set(e, ERR_INPUT, "tls", "yes or no");
	if (!take(n, "tlsClientPin", t->client_pin, sizeof t->client_pin) || !take(n, "tlsClientCa", t->client_ca, sizeof t->client_ca) || !take(n, "tlsPin", t->pin, sizeof t->pin) || !take(n, "tlsCa", t->ca, sizeof t->ca) ||
	    !take(n, "tlsName", t->name, sizeof t->name) || !take(n, "tlsCert", t->cert, sizeof t->cert))
		return err_set(e, ERR_INPUT, "tls", "a field of this link is too long");
	return 0;
}
