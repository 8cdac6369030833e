/* Text of files that say which characters theirs are (DICOM 0008,0005; SCP-ECG's language code). Private to this room. */
#ifndef HOLDFAST_ECG_CHARSET_H
#define HOLDFAST_ECG_CHARSET_H

#include "ecg_internal.h"

enum ecg_charset { ECG_CHARS_GUESS /* UTF-8, or else Latin-1 */, ECG_CHARS_1, ECG_CHARS_2, ECG_CHARS_5, ECG_CHARS_7, ECG_CHARS_8, ECG_CHARS_9, ECG_CHARS_11, ECG_CHARS_15, ECG_CHARS_UTF8, ECG_CHARS_UTF16LE,
	ECG_CHARS_OTHER /* one that is not read here: what is not ASCII becomes U+FFFD, so that nobody reads a wrong name */ };
/* Like ecg_text. */
struct slice ecg_text_in(struct ecg *g, struct slice s, enum ecg_charset c);
/* A DICOM defined term, "ISO_IR 100", "ISO 2022 IR 144", "" (ASCII). */
enum ecg_charset ecg_charset_dicom(struct slice term);
/* The language code of SCP-ECG's tags 14 and 15. */
enum ecg_charset ecg_charset_scp(uint8_t code);

#endif
