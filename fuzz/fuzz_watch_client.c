/* What Samba's audit lines say (bytes that clients chose): a note is well formed, and the same for the same bytes wherever the line begins. */
#include "client.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = slice_of(data, size);
	while (rest.n) {
		struct slice line = slice_cut(rest, '\n', &rest);
		struct client_note c, again;
		char text[64];
		if (!client_line(line, &c))
			continue;
		assert(c.pid > 1 && c.user[0] && memchr(c.user, 0, sizeof c.user) && memchr(c.client, 0, sizeof c.client));
		assert(client_address(c.client, text) && !strcmp(text, c.client));
		for (const char *p = c.user; *p; p++)
			assert((unsigned char)*p >= 0x20);
		assert(client_line(line, &again) && !memcmp(&c, &again, sizeof c));
	}
	return 0;
}
