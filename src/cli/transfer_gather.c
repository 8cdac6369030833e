/* A patient's record as files: the IPS document, the sheets that people read, and the room that attached files are put into. */
#include "transfer_cmd.h"
#include "ward.h"

#include <stdlib.h>


int gather_init(struct gather *g, struct err *e)
{
	g->n = 0;
	g->size = 0;
	g->a = arena_new((size_t)1 << 30);
	return g->a ? 0 : err_set(e, ERR_MEMORY, NULL, "no memory for a transfer");
}

void gather_done(struct gather *g)
{
	for (size_t i = 0; i < TRANSFER_FILES_MAX; i++)
		buf_wipe_done(&g->bytes[i]);
	arena_free(g->a);
	g->a = NULL;
	g->n = 0;
}

struct buf *gather_file(struct gather *g, const char *name, const char *type, struct slice title, uint64_t entry, struct err *e)
{
	if (g->n == TRANSFER_FILES_MAX) {
		(void)err_set(e, ERR_LIMIT, NULL, "a transfer has at most %d files", TRANSFER_FILES_MAX);
		return NULL;
	}
	char *kept = arena_strdup(g->a, slice_str(name));
	struct slice said = arena_dup(g->a, slice_of(title.p, utf8_valid_prefix(slice_of(title.p, title.n > 200 ? 200 : title.n))));
	if (!kept || (title.n && !said.p)) {
		(void)err_set(e, ERR_MEMORY, NULL, "no memory for a transfer");
		return NULL;
	}
	struct buf *b = &g->bytes[g->n];
	buf_init(b, TRANSFER_FILE_MAX);
	g->files[g->n++] = (struct transfer_file){.name = slice_str(kept), .type = slice_str(type), .title = said, .entry = entry};
	return b;
}

int gather_filled(struct gather *g, struct err *e)
{
	struct buf *b = &g->bytes[g->n - 1];
	if (!buf_ok(b))
		return err_set(e, buf_code(b), NULL, "a file of the transfer is larger than %zu MiB", TRANSFER_FILE_MAX >> 20);
	g->files[g->n - 1].bytes = buf_slice(b);
	g->size += b->n;
	return 0;
}

void gather_drop(struct gather *g)
{
	buf_wipe_done(&g->bytes[--g->n]);
}

/* ---- the IPS ---- */

int gather_ips(struct gather *g, struct buf *ret, struct err *e)
{
	struct fhir_summary s;
	struct jsonw w;
	const struct fhir_options o = {.zone_minutes = g->s->zone_minutes};
	chart_summary(g->p, &s);
	s.site_name = g->s->name;
	s.checkpoint_origin = g->s->origin;
	jsonw_init(&w, ret);
	fhir_write_ips(&w, &s, &o);
	jsonw_done(&w);
	buf_str(ret, "\n");
	return buf_ok(ret) ? 0 : err_set(e, buf_code(ret), NULL, "the patient's summary is larger than %zu MiB", TRANSFER_FILE_MAX >> 20);
}

/* ---- sheets ---- */

static int lay_out(struct gather *g, const struct paper_run *run, struct paper_book **ret, struct err *e)
{
	struct ward_ask q = {.patient = g->p->id, .kinds = {PAPER_SUMMARY, PAPER_MAR, PAPER_LABS}, .kind_n = 3, .open_protected = g->is_protected, .now = g->now, .zone_minutes = g->s->zone_minutes, .lang = g->lang};
	struct ward_printed printed = {0};
	int r = paper_book_new(run, ret, e);
	if (r == 0)
		r = ward_sheets(g->c, g->at, &q, *ret, &printed, e);
	ward_printed_done(&printed);
	return r;
}

static int put_sheets(struct gather *g, struct err *e)
{
	static const char *const names[] = {"summary.pdf", "mar.pdf", "labs.pdf"}, *const titles[] = {"Summary: read this first", "Medications: given and due", "Laboratory results"};
	struct paper_book *b = NULL;
	AUTO_BUF struct buf root = {0};
	char block[PAPER_BLOCK_MAX];
	uint8_t hash[SEAL_HASH];
	buf_init(&root, 128);
	base64_put(&root, slice_of(g->head.root, SEAL_HASH));
	seal_sha256_once(slice_str(g->s->origin), hash);
	paper_block(hash, block);
	const struct paper_run run = {.lang = g->lang, .us = g->us, .site = g->s->name, .zone_minutes = g->s->zone_minutes, .made = g->now, .entry = g->at.end ? g->at.end - 1 : 0, .entry_time = g->at.time, .checkpoint = g->head.size, .root = buf_slice(&root), .notice = g->notice};
	int r = lay_out(g, &run, &b, e);
	for (size_t i = 0; r == 0 && i < paper_book_sheets(b) && i < ARRAY_LEN(names); i++) {
		struct buf *to = gather_file(g, names[i], "application/pdf", slice_str(titles[i]), UINT64_MAX, e);
		r = to ? paper_book_pdf_of(b, block, g->begun, i, to, e) : ERR_LIMIT;
		if (r == 0)
			r = gather_filled(g, e);
	}
	paper_book_free(b);
	return r;
}

int gather_record(struct gather *g, struct err *e)
{
	struct buf *b = gather_file(g, "ips.json", "application/fhir+json", SLICE("International Patient Summary (FHIR R4 document, IPS 2.0)"), UINT64_MAX, e);
	int r = b ? gather_ips(g, b, e) : ERR_LIMIT;
	if (r == 0)
		r = gather_filled(g, e);
	return r < 0 ? r : put_sheets(g, e);
}
