/* Between the files of scan. */
#ifndef HOLDFAST_SCAN_INTERNAL_H
#define HOLDFAST_SCAN_INTERNAL_H

#include "scan.h"

/* Pixels: R G B, or one byte of grey. On the heap; picture_done frees. */
struct picture {
	unsigned w, h, channels;
	uint8_t *p;
};
int picture_new(struct picture *ret, unsigned w, unsigned h, unsigned channels, struct err *e) MUST; /* ERR_LIMIT where it is larger than is read */
void picture_done(struct picture *p);
#define AUTO_PICTURE __attribute__((cleanup(picture_done)))
int picture_grey(const struct picture *p, struct picture *ret, struct err *e) MUST;
int picture_reduce(const struct picture *p, unsigned w, unsigned h, struct picture *ret, struct err *e) MUST; /* no larger than p; each pixel the mean of those that it stands for */
int picture_fit(const struct picture *p, unsigned side, struct picture *ret, struct err *e) MUST;             /* its longer side at most so long: reduced, or taken over (p is empty then) */
int picture_turn(const struct picture *p, unsigned degrees, struct picture *ret, struct err *e) MUST;         /* clockwise: 90, 180, 270 */
int picture_twice(const struct picture *grey, struct picture *ret, struct err *e) MUST;                       /* twice as wide and high, smooth between */
bool picture_is_grey(const struct picture *p);  /* nothing on it has a colour worth keeping */
bool picture_is_blank(const struct picture *grey);
void picture_clear(struct picture *grey);       /* what is uneven in its light is taken out, what is left is spread over all of black to white */

enum scan_format { SCAN_NONE, SCAN_PDF, SCAN_PNG, SCAN_JPEG, SCAN_TIFF };
enum scan_format scan_format_of(struct slice file);

/* Each: how many pages, and page n (from 1) as RGB. */
int pdf_pages(struct slice file, unsigned page, unsigned *ret_pages, struct picture *ret, struct err *e) MUST;
int tiff_pages(struct slice file, unsigned page, unsigned *ret_pages, struct picture *ret, struct err *e) MUST;
int png_picture(struct slice file, struct picture *ret, struct err *e) MUST;
int jpeg_picture(struct slice file, struct picture *ret, struct err *e) MUST;
int jpeg_write(const struct picture *p, struct buf *ret, struct err *e) MUST;

/* Codes of a grey picture, added to ret's that say something else; their texts in the arena. */
struct codes {
	struct arena *a;
	struct scan_code v[SCAN_CODES_MAX];
	size_t n;
	int turned; /* of a sheet's own code: how far the page has to be turned; -1: none was there */
};
int codes_read(const struct picture *grey, struct codes *c, struct err *e) MUST;

void scan_answer_put(const struct scan_page *p, struct buf *ret); /* the line, then the picture */

/* One library each, see scan_load.c. */
void *scan_library(const char *name, char why[256]);
void *scan_function(void *l, const char *name, char why[256]);
int jpeg_load(struct err *e) MUST;
int png_load(struct err *e) MUST;
int tiff_load(struct err *e) MUST;
int pdf_load(struct err *e) MUST;
int codes_load(struct err *e) MUST;

#endif
