/* What a replica says of itself: heads (behind their signature) and lists of the vault's packs. No path that comes out of them leaves the folders that are copied. */
#include "vault_replica.h"

#include <stdlib.h>

static int take(void *arg, const char *name, uint64_t size, const uint8_t sha256[SEAL_HASH], struct err *e)
{
	assert(!strncmp(name, "vault/", 6) && vault_object_name_ok(name) && !strchr(name + 6, '/'));
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = slice_of(data, size);
	struct replica_head h;
	replica_head_init(&h);
	if (replica_head_text(all, &h, NULL) == 0)
		for (size_t i = 0; i < h.n; i++) {
			char name[VAULT_OBJECT_MAX + 1];
			assert(replica_path_ok(h.file[i].path) && replica_head_find(&h, h.file[i].path) == &h.file[i]);
			replica_file_name(&h.file[i], name);
			assert(vault_object_name_ok(name));
		}
	replica_head_done(&h);
	if (replica_head_parse(all, &h, NULL) == 0)
		replica_head_done(&h);
	(void)!replica_list_parse(all, take, NULL, NULL);
	return 0;
}
