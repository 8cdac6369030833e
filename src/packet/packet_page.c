/* The page that packets are made with: viewer/dist/packet.html, put into the program when it is built. */
#include "packet_internal.h"

#ifdef HF_PACKET
__asm__(".section .rodata\n"
        "hf_packet_html:\n.incbin \"" HF_PACKET "\"\nhf_packet_html_end:\n.byte 0\n.previous\n");
extern const uint8_t hf_packet_html[] __attribute__((visibility("hidden"))), hf_packet_html_end[] __attribute__((visibility("hidden")));
#endif

struct slice packet_template(void)
{
#ifdef HF_PACKET
	return slice_of(hf_packet_html, (size_t)(hf_packet_html_end - hf_packet_html));
#else
	return SLICE_NULL;
#endif
}
