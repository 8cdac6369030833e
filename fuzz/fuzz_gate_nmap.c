/* Any bytes after the beginning of an nmap file: read, judged, said. */
#include "exposure_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_inventory *v = gate_inventory_new((size_t)64 << 20);
	struct gate_exposure *x = NULL;
	struct err e = {0};
	AUTO_BUF struct buf out = {0};
	buf_init(&out, (size_t)64 << 20);
	assert(v);
	int r = inv_nmap(v, "scan.xml", slice_of(data, size), &e);
	assert(r == 0 || e.code);
	for (size_t i = 0; i < v->n; i++)
		for (const struct gate_port *p = v->device[i]->ports; p; p = p->next)
			assert(p->port && (p->next || p == v->device[i]->ports_last));
	r = gate_exposure_judge(v, NULL, INT64_C(1795000000) * TIME_SEC, (size_t)64 << 20, &x, &e);
	if (r == 0) {
		struct jsonw w;
		jsonw_init(&w, &out);
		gate_exposure_json(x, &w);
		jsonw_done(&w);
	}
	gate_exposure_free(x);
	gate_inventory_free(v);
	return 0;
}
