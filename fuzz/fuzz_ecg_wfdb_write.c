/* WFDB records of several files (fuzz_ecg_parts.h): read everywhere, written by the general writers and read again. */
#include "fuzz_ecg_parts.h"
#include "fuzz_ecg_text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct parts p;
	const struct ecg_files others = {parts_get, &p};
	parts_of(data, size, &p);
	fuzz_one(p.part[0], SLICE("x.hea"), ECG_WFDB, ECG_WFDB, &others);
	return 0;
}
