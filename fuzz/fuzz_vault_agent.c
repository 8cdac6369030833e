/* What agents and sites say to each other, and what an agent keeps: the credential, the state, how the site stands, and a list, line by line and as the whole stream. First byte: which. */
#include "agent_internal.h"

#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void credential(struct slice s)
{
	struct vault_credential c, d;
	struct buf again;
	buf_init(&again, 1 << 20);
	if (vault_credential_parse(s, &c, NULL) == 0) {
		vault_credential_write(&c, &again);
		assert(buf_ok(&again) && vault_credential_parse(buf_slice(&again), &d, NULL) == 0);
		assert(!strcmp(c.agent, d.agent) && !strcmp(c.url, d.url) && !strcmp(c.token, d.token) && !memcmp(c.dedupe, d.dedupe, sizeof c.dedupe));
		vault_credential_done(&d);
	}
	vault_credential_done(&c);
	buf_done(&again);
}

static void state(struct slice s)
{
	struct agent_state a, b;
	struct buf again;
	buf_init(&again, 1 << 16);
	if (agent_state_parse(s, &a, NULL) == 0) {
		agent_state_write(&a, &again);
		assert(buf_ok(&again));
		if (again.n <= 8192)
			assert(agent_state_parse(buf_slice(&again), &b, NULL) == 0 && a.snapshot == b.snapshot && !memcmp(a.sha256, b.sha256, SEAL_HASH));
	}
	buf_done(&again);
}

static struct note_signer signer;

/* The fuzzer cannot sign: its text is signed here, so that what lies behind the signature is reached. */
static void standing(struct slice s)
{
	struct vault_credential c = {.agent = "ward7"};
	struct vault_standing st;
	struct buf json, note, text;
	struct jsonw w;
	struct slice rest, head = slice_cut(s, 0, &rest);
	if (!signer.v.name[0])
		assert(note_signer_new("hospital.example/log", &signer, NULL) == 0);
	c.log = signer.v;
	buf_init(&json, 1 << 20);
	buf_init(&note, 1 << 20);
	buf_init(&text, 1 << 20);
	buf_add_slice(&text, head);
	buf_u8(&text, '\n');
	if (note_sign(&signer, buf_slice(&text), &note, NULL) == 0) {
		struct slice more, packs = slice_cut(rest, 0, &more);
		jsonw_init(&w, &json);
		jsonw_obj(&w);
		jsonw_kslice(&w, "recipients", buf_slice(&note));
		jsonw_kslice(&w, "packs", packs);
		jsonw_kslice(&w, "untold", more);
		jsonw_ku64(&w, "base", more.n);
		jsonw_obj_end(&w);
		(void)!vault_standing_parse(buf_slice(&json), &c, &st, NULL);
		vault_standing_done(&st);
	}
	(void)!vault_standing_parse(s, &c, &st, NULL);
	vault_standing_done(&st);
	buf_done(&json);
	buf_done(&note);
	buf_done(&text);
}

static void lines(struct slice s)
{
	bool has;
	uint64_t base;
	struct slice rest = s;
	(void)!list_head_parse(slice_cut(rest, '\n', &rest), &has, &base);
	while (rest.n) {
		struct list_line l;
		struct buf with, without;
		if (list_line_parse(slice_cut(rest, '\n', &rest), &l, NULL) < 0 || l.op != LIST_LINE)
			continue;
		buf_init(&with, 1 << 22);
		buf_init(&without, 1 << 22);
		line_with_marks(l.text, 5, 7, &with);
		line_without_marks(buf_slice(&with), &without);
		assert(slice_eq(buf_slice(&without), l.text));
		buf_done(&with);
		buf_done(&without);
	}
}

/* zstd as it comes, sealed here. */
static void stream(struct slice s)
{
	static struct age_identity id;
	static bool made;
	struct buf sealed;
	struct list_reader *l;
	struct slice line;
	size_t n = 0;
	if (!made)
		age_identity_new(&id);
	made = true;
	buf_init(&sealed, 1 << 22);
	int fd = memfd_create("list", MFD_CLOEXEC);
	assert(fd >= 0 && age_seal(&id.to, 1, s, &sealed, NULL) == 0 && file_write_all(fd, buf_slice(&sealed), NULL, "") == 0);
	if (list_open(fd, &id, &l, NULL) == 0) {
		while (n < 100000 && list_next(l, &line, NULL) > 0)
			n++;
		list_close(l);
	}
	buf_done(&sealed);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct slice s) = {credential, state, standing, lines, stream};
	if (size)
		readers[data[0] % ARRAY_LEN(readers)](slice_of(data + 1, size - 1));
	return 0;
}
