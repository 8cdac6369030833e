/* fanotify: the kernel's numbers (include/uapi/linux/fanotify.h of Linux 6.14). Debian 12's header is older than its newest kernels; what this one knows is asked at run time. */
#ifndef HOLDFAST_WATCH_FANOTIFY_H
#define HOLDFAST_WATCH_FANOTIFY_H

#include <sys/fanotify.h>

#ifndef FAN_PRE_ACCESS
#define FAN_PRE_ACCESS 0x00100000
#endif
#ifndef FAN_RENAME
#define FAN_RENAME 0x10000000
#endif
#ifndef FAN_REPORT_DFID_NAME_TARGET
#define FAN_REPORT_DFID_NAME_TARGET 0x00001e00
#endif
#ifndef FAN_MARK_EVICTABLE
#define FAN_MARK_EVICTABLE 0x00000200
#endif
#ifndef FAN_MARK_IGNORE
#define FAN_MARK_IGNORE 0x00000400
#endif
#define INFO_FID 1
#define INFO_DFID_NAME 2
#define INFO_DFID 3
#define INFO_RANGE 6
#define INFO_OLD_DFID_NAME 10
#define INFO_NEW_DFID_NAME 12

struct info_range {
	struct fanotify_event_info_header hdr;
	uint32_t pad;
	uint64_t offset, count;
};

#endif
