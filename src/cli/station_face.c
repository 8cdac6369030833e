/* The page of a station's loopback: viewer/dist/station.html, put into the program when it is built. */
#include "station_run.h"

#ifdef HF_STATION
__asm__(".section .rodata\n"
        "hf_station_html:\n.incbin \"" HF_STATION "\"\nhf_station_html_end:\n.byte 0\n.previous\n");
extern const uint8_t hf_station_html[] __attribute__((visibility("hidden"))), hf_station_html_end[] __attribute__((visibility("hidden")));
#endif

struct slice station_face(void)
{
#ifdef HF_STATION
	return slice_of(hf_station_html, (size_t)(hf_station_html_end - hf_station_html));
#else
	return SLICE_NULL;
#endif
}
