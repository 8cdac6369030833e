/* The libraries that decode, loaded when they are first needed and not before: together they are forty, and most commands and roles never see a scan. Each file that uses one has its own table of functions. */
#include "scan_internal.h"

#include <dlfcn.h>
#include <stdio.h>

void *scan_library(const char *name, char why[256])
{
	void *l = why[0] ? NULL : dlopen(name, RTLD_NOW | RTLD_LOCAL);
	if (!l && !why[0]) {
		const char *say = dlerror();
		snprintf(why, 256, "%s", say ? say : "it cannot be opened");
	}
	return l;
}

void *scan_function(void *l, const char *name, char why[256])
{
	void *f = l ? dlsym(l, name) : NULL;
	if (!f && !why[0])
		snprintf(why, 256, "%s is missing in it", name);
	return f;
}

int scan_load(struct err *e)
{
	int r = codes_load(e);
	if (r == 0)
		r = jpeg_load(e);
	if (r == 0)
		r = png_load(e);
	if (r == 0)
		r = tiff_load(e);
	return r < 0 ? r : pdf_load(e);
}
