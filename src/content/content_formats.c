/* The formats in the order in which they are tried: the strong signs first, those with few bytes of sign and many conditions last. */
#include "content_internal.h"

#define FORMATS(X)                                                                                                                             \
	X(zip)                                                                                                                                 \
	X(pdf) X(png) X(jpeg) X(gif) X(gzip) X(xz) X(zstd) X(bzip2) X(sevenzip) X(rar) X(ole2) X(sqlite) X(dicom) X(wav) X(avi) X(webp) X(mp4) \
		X(jp2) X(elf) X(pe) X(java) X(evtx) X(mdb) X(pst) X(vmdisk) X(font) X(woff) X(age) X(gitcrypt) X(tiff) X(bmp) X(tar) X(edf) X(scp) X(mp3) X(pgp)

#define X(name) extern const struct content_format format_##name;
FORMATS(X)
#undef X

static const struct content_format *const list[] = {
#define X(name) &format_##name,
	FORMATS(X)
#undef X
		NULL};

const struct content_format *const *const content_formats = list;
