/* Any bytes as an inventory (CSV, leases), and as the groups of a plan over it: read, joined, judged, said. */
#include "exposure_internal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct gate_inventory *known(const struct gate_inventory *v)
{
	for (size_t i = 0; i < v->n; i++) {
		assert(v->device[i]->number == i + 1 && v->device[i]->said && v->device[i]->records <= GATE_RECORDS_MAX);
		for (const struct gate_said *s = v->device[i]->said; s; s = s->next) {
			char text[64];
			assert(s->value.n && s->field < GATE_FIELDS && (s->field != GATE_F_ADDRESS || address_text(s->value, text)));
		}
	}
	return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gate_inventory *v = gate_inventory_new((size_t)64 << 20);
	struct gate_exposure *x = NULL;
	struct gate_plan *p = NULL;
	struct err e = {0};
	AUTO_BUF struct buf out = {0};
	buf_init(&out, (size_t)64 << 20);
	assert(v);
	int r = gate_inventory_read(v, "f", slice_of(data, size), &e);
	r = gate_exposure_judge(known(v), NULL, INT64_C(1795000000) * TIME_SEC, (size_t)64 << 20, &x, &e);
	if (r == 0) {
		struct slice own = SLICE("10.0.0.1");
		gate_exposure_text(x, &out);
		buf_reset(&out);
		struct jsonw w;
		jsonw_init(&w, &out);
		gate_exposure_json(x, &w);
		jsonw_done(&w);
		for (int from_inventory = 0; from_inventory < 2; from_inventory++)
			if (gate_plan_make(x, "g", from_inventory || !size ? SLICE_NULL : slice_of(data, size), &own, 1, NULL, 0, &p, &e) == 0) {
				buf_reset(&out);
				jsonw_init(&w, &out);
				gate_plan_json(p, &w);
				jsonw_done(&w);
				gate_plan_text(p, &out);
				gate_plan_free(p);
			}
	}
	gate_exposure_free(x);
	gate_inventory_free(v);
	return 0;
}
