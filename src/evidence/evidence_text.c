/* Small readers of text that the readers of evidence share, and the tools that carry data away. */
#include "evidence_internal.h"

static uint8_t lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

struct slice evidence_from(struct slice s, size_t at)
{
	return at >= s.n ? slice_of(s.n ? s.p + s.n : s.p, 0) : slice_of(s.p + at, s.n - at);
}

struct slice evidence_upto(struct slice s, size_t n)
{
	return slice_of(s.p, s.n < n ? s.n : n);
}

bool evidence_find(struct slice s, const char *word, size_t *at)
{
	size_t n = strlen(word);
	const uint8_t *hit = s.n >= n && s.n ? memmem(s.p, s.n, word, n) : NULL;
	if (hit)
		*at = (size_t)(hit - s.p);
	return hit != NULL;
}

bool evidence_find_nocase(struct slice s, const char *word, size_t *at)
{
	size_t n = strlen(word);
	for (size_t i = 0; n && i + n <= s.n; i++) {
		size_t k = 0;
		while (k < n && lower(s.p[i + k]) == lower((uint8_t)word[k]))
			k++;
		if (k == n) {
			*at = i;
			return true;
		}
	}
	return false;
}

bool evidence_ends_nocase(struct slice s, const char *tail)
{
	size_t n = strlen(tail);
	return s.n >= n && slice_eq_nocase(evidence_from(s, s.n - n), tail);
}

struct slice evidence_between(struct slice s, const char *left, const char *right)
{
	size_t at, end;
	if (!evidence_find(s, left, &at))
		return SLICE_NULL;
	s = evidence_from(s, at + strlen(left));
	return evidence_find(s, right, &end) ? slice_of(s.p, end) : SLICE_NULL;
}

struct slice evidence_value(struct slice s, const char *key)
{
	size_t n = strlen(key);
	for (size_t i = 0; i + n < s.n; i++) {
		const uint8_t *hit = memmem(s.p + i, s.n - i, key, n);
		if (!hit)
			return SLICE_NULL;
		i = (size_t)(hit - s.p);
		if (i + n >= s.n || s.p[i + n] != '=' || (i && s.p[i - 1] != ' ' && s.p[i - 1] != '\'' && s.p[i - 1] != 0x1d && s.p[i - 1] != ','))
			continue;
		struct slice v = evidence_from(s, i + n + 1);
		if (v.n && v.p[0] == '"') {
			v = evidence_from(v, 1);
			const uint8_t *q = v.n ? memchr(v.p, '"', v.n) : NULL;
			return q ? slice_of(v.p, (size_t)(q - v.p)) : v;
		}
		size_t e = 0;
		while (e < v.n && v.p[e] != ' ' && v.p[e] != 0x1d && v.p[e] != '\'')
			e++;
		return slice_of(v.p, e);
	}
	return SLICE_NULL;
}

struct slice evidence_base(struct slice path)
{
	while (path.n && (path.p[path.n - 1] == '/' || path.p[path.n - 1] == '\\'))
		path.n--;
	for (size_t i = path.n; i > 0; i--)
		if (path.p[i - 1] == '/' || path.p[i - 1] == '\\')
			return evidence_from(path, i);
	return path;
}

bool evidence_is_address(struct slice s)
{
	size_t dots = 0, colons = 0, digits = 0;
	if (s.n < 2 || s.n > 60)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		uint8_t c = lower(s.p[i]);
		if (c == '%' && colons >= 2)
			break; /* a zone: fe80::1%eth0 */
		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '.' || c == ':'))
			return false;
		dots += c == '.';
		colons += c == ':';
		digits += c >= '0' && c <= '9';
		if (c >= 'a' && !colons && dots)
			return false;
	}
	return (dots == 3 && !colons && digits >= 4) || colons >= 2;
}

bool evidence_loopback(struct slice a)
{
	if (slice_starts(a, "::ffff:"))
		a = evidence_from(a, 7);
	return slice_starts(a, "127.") || slice_eq_str(a, "::1") || slice_eq_str(a, "0:0:0:0:0:0:0:1") || slice_eq_nocase(a, "localhost");
}

/* Tools of the reports on intrusions into hospitals and their insurers: MITRE ATT&CK T1560.001 (archive by utility), T1048 and T1567.002 (to cloud storage), T1105. */
static const struct {
	const char *name, *does;
	bool sends;
} tools[] = {
	{"rclone", "copies to cloud storage", true}, {"megacmd", "copies to MEGA", true}, {"mega-put", "copies to MEGA", true}, {"mega-exec", "copies to MEGA", true}, {"megasync", "copies to MEGA", true},
	{"megatools", "copies to MEGA", true}, {"winscp", "copies by SFTP", true}, {"filezilla", "copies by FTP", true}, {"fzsftp", "copies by SFTP", true}, {"scp", "copies by SSH", true}, {"sftp", "copies by SSH", true},
	{"sftp-server", "hands files out by SSH", true}, {"pscp", "copies by SSH", true}, {"psftp", "copies by SSH", true}, {"rsync", "copies to another place", true}, {"curl", "sends and fetches by HTTP and FTP", true},
	{"wget", "sends and fetches by HTTP", true}, {"lftp", "copies by FTP", true}, {"ftp", "copies by FTP", true}, {"ncftpput", "copies by FTP", true}, {"tftp", "copies by TFTP", true}, {"nc", "sends bytes", true},
	{"ncat", "sends bytes", true}, {"netcat", "sends bytes", true}, {"socat", "sends bytes", true}, {"croc", "sends files", true}, {"aws", "copies to S3", true}, {"s3cmd", "copies to S3", true}, {"gsutil", "copies to cloud storage", true},
	{"azcopy", "copies to Azure", true}, {"restic", "copies to a repository", true}, {"smbclient", "copies by SMB", true}, {"bitsadmin", "sends and fetches", true}, {"exmatter", "is a known stealer", true}, {"stealbit", "is a known stealer", true},
	{"7z", "packs", false}, {"7za", "packs", false}, {"7zr", "packs", false}, {"7zz", "packs", false}, {"7zg", "packs", false}, {"7zfm", "packs", false}, {"tar", "packs", false}, {"bsdtar", "packs", false}, {"zip", "packs", false},
	{"rar", "packs", false}, {"winrar", "packs", false}, {"gzip", "packs", false}, {"bzip2", "packs", false}, {"xz", "packs", false}, {"zstd", "packs", false}, {"cpio", "packs", false}, {"makecab", "packs", false}, {"peazip", "packs", false},
};

const char *evidence_tool(struct slice exe, bool *ret_sends)
{
	struct slice b = evidence_base(exe);
	if (evidence_ends_nocase(b, ".exe") || evidence_ends_nocase(b, ".com"))
		b.n -= 4;
	for (size_t i = 0; i < ARRAY_LEN(tools); i++)
		if (slice_eq_nocase(b, tools[i].name)) {
			*ret_sends = tools[i].sends;
			return tools[i].does;
		}
	return NULL;
}
