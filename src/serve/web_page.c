/* The embedded viewer. The build puts viewer/dist/index.html and its gzip form into the program; a program built without Node and without an already built viewer says so on its page. */
#include "web_internal.h"

#include <stdio.h>

#ifdef HF_VIEWER
__asm__(".section .rodata\n"
        ".global hf_viewer_html\nhf_viewer_html:\n.incbin \"" HF_VIEWER "\"\n.global hf_viewer_html_end\nhf_viewer_html_end:\n"
        ".global hf_viewer_gz\nhf_viewer_gz:\n.incbin \"" HF_VIEWER ".gz\"\n.global hf_viewer_gz_end\nhf_viewer_gz_end:\n"
        ".byte 0\n.previous\n");
extern const uint8_t hf_viewer_html[], hf_viewer_html_end[], hf_viewer_gz[], hf_viewer_gz_end[];
#else
static const char no_viewer[] = "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><title>Holdfast</title><h1>Holdfast</h1>"
                                "<p>This program was built without its viewer. The ledger, the feeds, <code>holdfast chart</code> and the FHIR API at <code>/fhir</code> work. "
                                "Build with Node to have the pages.</p></html>";
#endif

/* The content of every inline <script> or <style> gets its hash into the policy, so that nothing else can run in the page (CSP level 3). */
static int add_hashes(struct slice page, const char *open, const char *close, struct buf *out)
{
	size_t at = 0, n = 0;
	while (at < page.n) {
		const uint8_t *p = memmem(page.p + at, page.n - at, open, strlen(open));
		if (!p)
			break;
		const uint8_t *body = memchr(p, '>', (size_t)(page.p + page.n - p));
		const uint8_t *end = body ? memmem(body, (size_t)(page.p + page.n - body), close, strlen(close)) : NULL;
		if (!end)
			break;
		body++;
		uint8_t hash[SEAL_HASH];
		seal_sha256_once(slice_of(body, (size_t)(end - body)), hash);
		buf_str(out, " 'sha256-");
		base64_put(out, slice_of(hash, sizeof hash));
		buf_str(out, "'");
		at = (size_t)(end - page.p) + 1;
		n++;
	}
	return (int)n;
}

int web_page_load(struct web *w, struct err *e)
{
#ifdef HF_VIEWER
	w->page = slice_of(hf_viewer_html, (size_t)(hf_viewer_html_end - hf_viewer_html));
	w->page_gz = slice_of(hf_viewer_gz, (size_t)(hf_viewer_gz_end - hf_viewer_gz));
	int r = web_part_check(w->page, e);
	if (r < 0)
		return r;
#else
	w->page = slice_str(no_viewer);
	w->page_gz = SLICE_NULL;
#endif
	AUTO_BUF struct buf csp = {0};
	buf_init(&csp, sizeof w->csp - 1);
	buf_str(&csp, "default-src 'none'; connect-src 'self'; img-src 'self' data: blob:; frame-src 'self' blob:; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; script-src 'none'");
	/* 'none' is ignored as soon as a hash stands beside it; without a script it stays in force */
	if (memmem(w->page.p, w->page.n, "<script", 7)) {
		csp.n -= strlen(" 'none'");
		add_hashes(w->page, "<script", "</script>", &csp);
		buf_str(&csp, " 'self'"); /* its parts, which it asks for itself; nothing else here is ever answered as JavaScript (web_part.c) */
	}
	buf_str(&csp, "; style-src 'self' 'unsafe-inline'"); /* uPlot and print sizes set style attributes; styles cannot run code */
	if (!buf_ok(&csp))
		return err_set(e, ERR_LIMIT, "viewer", "too many inline scripts for one policy");
	snprintf(w->csp, sizeof w->csp, "%s", buf_cstr(&csp));
	return 0;
}
