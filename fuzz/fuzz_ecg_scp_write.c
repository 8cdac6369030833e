/* SCP-ECG records: opened, read whole, written as SCP-ECG and DICOM and read again. */
#include "fuzz_ecg_record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	fuzz_record(slice_of(data, size), ECG_SCP, "x.scp", true);
	return 0;
}
