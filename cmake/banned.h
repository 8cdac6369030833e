/* Functions that have no safe use in this house. Included before every source file; each names what to use instead. */
#ifndef HOLDFAST_BANNED_H
#define HOLDFAST_BANNED_H
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#define HF_BANNED(f) sorry_##f##_is_banned_here
#undef strcpy
#define strcpy(a, b) HF_BANNED(strcpy_use_memcpy_or_buf)
#undef strcat
#define strcat(a, b) HF_BANNED(strcat_use_buf)
#undef strncpy
#define strncpy(a, b, c) HF_BANNED(strncpy_use_memcpy_or_snprintf)
#undef strncat
#define strncat(a, b, c) HF_BANNED(strncat_use_buf)
#undef sprintf
#define sprintf(...) HF_BANNED(sprintf_use_snprintf)
#undef vsprintf
#define vsprintf(...) HF_BANNED(vsprintf_use_vsnprintf)
#undef strtok
#define strtok(a, b) HF_BANNED(strtok_use_slice_cut)
#undef gmtime
#define gmtime(t) HF_BANNED(gmtime_use_time_civil)
#undef localtime
#define localtime(t) HF_BANNED(localtime_use_time_civil)
#undef ctime
#define ctime(t) HF_BANNED(ctime_use_time_rfc3339)
#undef asctime
#define asctime(t) HF_BANNED(asctime_use_time_rfc3339)
#undef atoi
#define atoi(s) HF_BANNED(atoi_use_num_i64)
#undef atol
#define atol(s) HF_BANNED(atol_use_num_i64)
#undef atof
#define atof(s) HF_BANNED(atof_use_num)
#undef mktemp
#define mktemp(s) HF_BANNED(mktemp_use_mkstemp)
#undef system
#define system(s) HF_BANNED(system_use_posix_spawn)
#undef popen
#define popen(a, b) HF_BANNED(popen_use_posix_spawn)
#endif
