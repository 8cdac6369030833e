/* The viewer's parts: what its first page asks for when it is needed, or ahead of that (viewer/src/parts.ts). /part/NAME-HASH.js, HASH the first 16 hex digits of the part's SHA-256: whoever has it may keep it for ever, and a page of another version is told that
   its part is not here. They hold no patient data and nobody has to sign in for them, as for the first page.
   The page's policy lets scripts come from this server: so nothing but a part may ever be answered as JavaScript. Documents of a chart are not: web_fhir_read.c names the few types that they keep, and nosniff stands on every answer. */
#include "web_internal.h"

#include <stdio.h>

struct part {
	const char *name;
	const uint8_t *code, *code_end, *gz, *gz_end;
};

#ifdef HF_VIEWER_PARTS /* PART(number, "name", "file"), one line each, made when the build is configured */
#define PART(i, name, file) \
	__asm__(".section .rodata\n" \
	        ".global hf_part_" #i "\nhf_part_" #i ":\n.incbin \"" file "\"\n.global hf_part_end_" #i "\nhf_part_end_" #i ":\n" \
	        ".global hf_part_gz_" #i "\nhf_part_gz_" #i ":\n.incbin \"" file ".gz\"\n.global hf_part_gz_end_" #i "\nhf_part_gz_end_" #i ":\n" \
	        ".byte 0\n.previous\n"); \
	extern const uint8_t hf_part_##i[], hf_part_end_##i[], hf_part_gz_##i[], hf_part_gz_end_##i[];
#include HF_VIEWER_PARTS // cppcheck-suppress preprocessorErrorDirective ; the build says which file that is
#undef PART
#define PART(i, name, file) {name, hf_part_##i, hf_part_end_##i, hf_part_gz_##i, hf_part_gz_end_##i},
static const struct part parts[] = {
#include HF_VIEWER_PARTS
	{NULL}};
#else
static const struct part parts[] = {{NULL}};
#endif

static struct slice part_code(const struct part *p)
{
	return slice_of(p->code, (size_t)(p->code_end - p->code));
}

/* What the build wrote into the page must be what stands here, or a page would ask for what nobody has. */
int web_part_check(struct slice page, struct err *e)
{
	for (const struct part *p = parts; p->name; p++) {
		char address[96];
		web_part_address(p->name, part_code(p), address, sizeof address);
		if (!memmem(page.p, page.n, address, strlen(address)))
			return err_set(e, ERR_CORRUPT, "viewer", "its page does not ask for %s: page and parts are of two builds; build again", address);
	}
	return 0;
}

void web_part_address(const char *name, struct slice code, char *out, size_t size)
{
	uint8_t hash[SEAL_HASH];
	char hex[17];
	seal_sha256_once(code, hash);
	for (int i = 0; i < 8; i++)
		snprintf(hex + 2 * i, sizeof hex - 2 * (size_t)i, "%02x", hash[i]);
	snprintf(out, size, "/part/%s-%s.js", name, hex);
}

bool web_part(struct web_request *q, bool gzip)
{
	for (const struct part *p = parts; p->name; p++) {
		char address[96];
		size_t n = strlen(p->name);
		if (strncmp(q->path + strlen("/part/"), p->name, n) || q->path[strlen("/part/") + n] != '-')
			continue;
		web_part_address(p->name, part_code(p), address, sizeof address);
		if (strcmp(q->path, address))
			continue;
		q->status = 200;
		q->content_type = "text/javascript; charset=utf-8";
		q->public_cache = true;
		q->gzip = gzip;
		q->fixed = gzip ? slice_of(p->gz, (size_t)(p->gz_end - p->gz)) : part_code(p);
		return true;
	}
	return false;
}
