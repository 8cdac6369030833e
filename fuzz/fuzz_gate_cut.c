/* What the cutter reads of the kernel's answers and of its channel: any bytes as counts of nftables (JSON), as sock_diag's messages, and as elements, whose texts are made from what was read. */
#include "gate.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void counts(struct slice in)
{
	struct gate_counts c;
	struct err e = {0};
	if (gate_counts_read(in, &c, &e) < 0)
		return;
	for (size_t i = 0; i < c.n; i++)
		assert(gate_count_find(&c, &c.v[i].of) && (i == 0 || gate_element_compare(&c.v[i - 1].of, &c.v[i].of) <= 0));
	free(c.v);
}

static void sockets(struct slice in)
{
	const struct gate_element v[] = {{.kind = GATE_FAR, .ip = {10, 9, 0, 2}, .port = 5000}};
	while (in.n) {
		struct gate_socket s;
		size_t before = in.n;
		int error, r = gate_diag_next(&in, &s, &error);
		if (r < 0)
			return;
		assert(in.n < before);
		if (r == 1) {
			AUTO_BUF struct buf q = {0};
			buf_init(&q, 1024);
			(void)gate_socket_cut(v, 1, &s);
			gate_diag_end(&q, &s, 1);
			assert(buf_ok(&q));
		}
	}
}

static void elements(struct slice in)
{
	struct gate_element v[256];
	struct cur c = cur_of(in);
	size_t n = 0;
	AUTO_BUF struct buf text = {0}, batch = {0};
	while (n < ARRAY_LEN(v) && gate_element_get(&c, &v[n]))
		n++;
	size_t half = gate_elements_sort(v, n / 2), rest = gate_elements_sort(v + n / 2, n - n / 2);
	buf_init(&text, 1 << 20);
	gate_table_change("t", v, half, v + n / 2, rest, &text);
	gate_island_whole("t", true, v, half, &text);
	assert(buf_ok(&text));
	buf_init(&batch, 1 << 20);
	const size_t answers = gate_table_elements("t", v, half, v + n / 2, rest, &batch);
	assert(buf_ok(&batch) && (answers > 0) == (batch.n > 0));
	for (size_t i = 0; i < text.n; i++)
		assert(text.p[i] == '\n' || (text.p[i] >= 0x20 && text.p[i] < 0x7f));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;
	struct slice in = slice_of(data + 1, size - 1);
	if (data[0] % 3 == 0)
		counts(in);
	else if (data[0] % 3 == 1)
		sockets(in);
	else
		elements(in);
	return 0;
}
