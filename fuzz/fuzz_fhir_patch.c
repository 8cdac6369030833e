/* A resource, a NUL, a JSON Patch -> the patched resource: what comes out is JSON; a patch that tests for what is there holds; the same again gives the same. */
#include "fhir.h"

#include <stdlib.h>
#include <string.h>

#define REQUIRE(x) ((x) ? (void)0 : abort())

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *cut = size && size < 65536 ? memchr(data, 0, size) : NULL;
	if (!cut)
		return 0;
	struct slice resource = slice_of(data, (size_t)(cut - data)), patch = slice_of(cut + 1, size - resource.n - 1);
	AUTO_BUF struct buf one = {0}, two = {0}, test = {0}, same = {0};
	AUTO_ARENA struct arena *a = arena_new((size_t)64 << 20);
	struct json_node *n;
	struct err e;
	buf_init(&one, (size_t)32 << 20);
	buf_init(&two, (size_t)32 << 20);
	buf_init(&test, (size_t)32 << 20);
	buf_init(&same, (size_t)32 << 20);
	int r = fhir_patch(resource, patch, &one, &e);
	REQUIRE(fhir_patch(resource, patch, &two, &e) == r);
	if (r != 0)
		return 0;
	REQUIRE(slice_eq(buf_slice(&one), buf_slice(&two)));
	REQUIRE(json_tree(buf_slice(&one), a, &n, &e) == 0 || e.code != ERR_INPUT);
	/* the whole is equal to itself; testing changes nothing */
	buf_str(&test, "[{\"op\":\"test\",\"path\":\"\",\"value\":");
	buf_add_slice(&test, buf_slice(&one));
	buf_str(&test, "}]");
	r = fhir_patch(buf_slice(&one), buf_slice(&test), &same, &e);
	REQUIRE(r == 0 || e.code == ERR_LIMIT || e.code == ERR_NO); /* ERR_NO: a name that comes twice in an object */
	return 0;
}
