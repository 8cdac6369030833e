/* Two records that are one person's, or were not: what a registrar decided while the EHR was away is of no use there unless it is told, too. The decision is an entry of its own and moves the charts at once; the item that is made of it here waits
 * in registration's queue as all others do. */
#include "downtime_internal.h"

#include <inttypes.h>

static bool is_downtime_number(struct slice name)
{
	const struct capture as = {.patient = name};
	struct fact_ident id;
	capture_patient(&as, &id);
	return slice_eq(id.assigner, SLICE(DOWNTIME_ASSIGNER));
}

int capture_of_merge(const struct downtime *d, const struct json_node *decision, uint64_t entry, int64_t time, struct slice by, struct buf *ret, struct err *e)
{
	struct slice op = json_text(decision, "op"), of = json_text(decision, "of"), with = json_text(decision, "into"), who = json_text(decision, "by"), reason = json_text(decision, "reason");
	char id[40], number[24];
	struct jsonw w;
	if (!with.n)
		with = json_text(decision, "from");
	if ((!slice_eq_str(op, "merge") && !slice_eq_str(op, "unmerge")) || !of.n || !with.n)
		return err_set(e, ERR_NO, NULL, "no two records were merged or taken apart");
	if (!downtime_running(d) && !is_downtime_number(of) && !is_downtime_number(with))
		return err_set(e, ERR_NO, NULL, "no downtime is running, and neither is a downtime number");
	snprintf(id, sizeof id, CAPTURE_MERGE_ID "%" PRIu64, entry);
	snprintf(number, sizeof number, "%" PRIu64, entry);
	jsonw_init(&w, ret);
	jsonw_obj(&w);
	jsonw_ku64(&w, "v", 1);
	jsonw_kstr(&w, "id", id);
	jsonw_kslice(&w, "patient", with);
	jsonw_kstr(&w, "kind", "merge");
	jsonw_ktime(&w, "occurred", time);
	jsonw_kslice(&w, "by", who.n ? who : by);
	if (reason.n)
		jsonw_kslice(&w, "reason", reason);
	jsonw_key(&w, "values");
	jsonw_obj(&w);
	jsonw_kslice(&w, "op", op);
	jsonw_kslice(&w, "of", of);
	jsonw_kstr(&w, "entry", number);
	jsonw_obj_end(&w);
	jsonw_obj_end(&w);
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "no room for what was decided on two records");
}
