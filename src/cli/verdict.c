/* How a check ends: ledger verify, of a site and of a replica, vault check, replica. */
#include "cli_internal.h"

void cli_put_faults(struct jsonw *w, const struct buf *faults)
{
	jsonw_key(w, "faults");
	jsonw_arr(w);
	for (struct slice rest = buf_slice(faults); rest.n;) {
		struct slice line = slice_cut(rest, '\n', &rest);
		if (line.n)
			jsonw_slice(w, line);
	}
	jsonw_arr_end(w);
}

int cli_verdict(int r, struct buf *faults, bool json)
{
	if (r >= 0)
		return 0;
	fprintf(stderr, "%s", buf_cstr(faults));
	if (!json)
		printf("NOT WHOLE: see above\n");
	return err_exit(ERR_NO);
}
