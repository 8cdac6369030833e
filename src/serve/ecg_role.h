/* ecg_role: between ecg_role.c (the process) and ecg_role_json.c, ecg_role_paper.c (what it answers). */
#ifndef HOLDFAST_ECG_ROLE_H
#define HOLDFAST_ECG_ROLE_H

#include "ecg.h"
#include "serve_internal.h"

#define ECG_WAVE_POINTS (120 * 500 * 12) /* of one answer; more are given as pairs of least and greatest */

int ecg_role_check(const struct ecg *g, struct buf *ret, struct err *e) MUST;
int ecg_role_wave(const struct ecg *g, const struct json_node *o, struct arena *a, struct buf *ret, struct err *e) MUST;
int ecg_role_analysis(const struct ecg *g, struct arena *a, struct buf *ret, struct err *e) MUST;
int ecg_role_report(const struct ecg *g, const struct json_node *o, struct slice before, struct arena *a, struct buf *ret, struct err *e) MUST;

int ecg_role_sheets(const struct json_node *o, struct slice body, struct arena *a, struct buf *ret, struct err *e) MUST; /* ecg_role_sheets.c */

/* One file into a buffer. */
int ecg_sink_begin(void *arg, struct slice name, struct err *e);
int ecg_sink_bytes(void *arg, struct slice s, struct err *e);
int ecg_sink_end(void *arg, struct err *e);

#endif
