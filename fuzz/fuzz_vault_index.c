/* The index as somebody else may have written it. Its checksums are keyed; so the fuzzer gets them right for the pages it hands in, and what it says counts only as far as it fits. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault_internal.h"

#define PAGE 4096

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int dir = -1;
	static const struct vault_keys k = {.chunk_id = {7}};
	if (dir < 0) {
		char path[] = "/dev/shm/holdfast-fuzz-XXXXXX", index[64];
		if (!mkdtemp(path) || snprintf(index, sizeof(index), "%s/index", path) < 0 || mkdir(index, 0700) < 0 || (dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)) < 0)
			abort();
	}
	if (size < 1 || size > 9 * PAGE)
		return 0;
	bool sign = data[0] & 1;
	unsigned bits = data[0] >> 1 & 3;
	data++;
	size--;
	size_t n = sign ? ((size_t)1 << bits) + 1 : (size + PAGE - 1) / PAGE;
	uint8_t *file = calloc(n + 1, PAGE);
	assert(file);
	memcpy(file, data, size < n * PAGE ? size : n * PAGE);
	for (size_t i = 0; sign && i < n; i++) {
		uint8_t *p = file + i * PAGE;
		uint64_t sum;
		if (i == 0) {
			memcpy(p, "HFVIDX1\n", 8);
			uint32_t b = htole32(bits);
			memcpy(p + 8, &b, 4);
			seal_fingerprint128(k.chunk_id, SLICE("holdfast-vault-index"), p + 24);
			sum = htole64(seal_fingerprint(k.chunk_id, slice_of(p, PAGE - 8)));
			memcpy(p + PAGE - 8, &sum, 8);
			continue;
		}
		uint32_t number = htole32((uint32_t)i - 1);
		memcpy(p + 8, &number, 4);
		sum = htole64(seal_fingerprint(k.chunk_id, slice_of(p + 8, PAGE - 8)));
		memcpy(p, &sum, 8);
	}
	int fd = openat(dir, "index/d-p.idx", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || file_write_all(fd, slice_of(file, n * PAGE), NULL, "") < 0)
		abort();
	close(fd);
	struct vault_index *ix;
	struct vault_extent x;
	if (vault_index_open(dir, "d", "p", &k, &ix, NULL) == 0) {
		struct vault_placed add[200];
		for (size_t i = 0; i < 200; i++) {
			add[i] = (struct vault_placed){.at = {1 + i, i, 1 + i}};
			seal_fingerprint128(k.chunk_id, slice_of(&i, sizeof(i)), add[i].id);
			(void)!vault_index_find(ix, add[i].id, &x, NULL);
		}
		if (vault_index_add(ix, add, 200, NULL) == 0)
			for (size_t i = 0; i < 200; i++)
				assert(vault_index_find(ix, add[i].id, &x, NULL) == 1 && x.pack == add[i].at.pack);
		(void)!vault_index_close(ix, 5, NULL);
	}
	free(file);
	return 0;
}
