/* ecg: electrocardiograms. File formats to samples, samples to beats, rhythm, measurements and statements, all of it to paper and to other formats.
 *
 * What it claims is what a cleared ECG management system claims: management of data, measurements, and statements for over-read by a clinician. No diagnosis, no alarm.
 *
 * Rules of the room
 *   - Pure: bytes in, values or an error out. No file, socket, clock, log or global. A record of several files (WFDB) asks for its others by name through struct ecg_files.
 *   - The same file gives the same bytes on every machine: integers, or doubles in a fixed order of operations (built with -ffp-contract=off; of libm only sqrt, which IEEE 754 rounds exactly;
 *     the few other functions are our own polynomials). Nothing depends on block sizes: what a stream gives in one piece or in thousands is the same.
 *   - "Could not measure" is a value: conf 0. Nothing is guessed.
 *   - Memory is the caller's arena, whose limit is the limit. A record of days is read block by block out of the file's bytes (mmap), never held whole.
 * Units: times in milliseconds or samples as the name says, amplitudes in microvolts, axes in degrees (-179..180, positive clockwise, I at 0), rates per minute. Lead names are those of
 * ISO 11073-10102 (MDC_ECG_LEAD_*) without the prefix.
 */
#ifndef HOLDFAST_ECG_H
#define HOLDFAST_ECG_H

#include "base.h"
#include "facts.h"

#define ECG_VERSION 1           /* of reading and measuring: facts and reports name it */
#define ECG_CHANNELS_MAX 64
#define ECG_SAMPLES_MAX (UINT64_C(1) << 36)
#define ECG_RATE_MAX 100000.0   /* Hz */
#define ECG_GAP INT32_MIN       /* a sample that was not recorded: lead off, a pause in the file, a lost packet */
#define ECG_GAP16 INT16_MIN

/* ---- formats ------------------------------------------------------------------------------------------------------------ */

/* number, id, name, what people call it */
#define ECG_FORMATS(X)                                                                                                      \
	X(1, WFDB, "wfdb", "PhysioNet WFDB record")                                                                         \
	X(2, SCP, "scp", "SCP-ECG (EN 1064)")                                                                               \
	X(3, AECG, "aecg", "HL7 annotated ECG")                                                                             \
	X(4, DICOM, "dicom", "DICOM waveform")                                                                              \
	X(5, EDF, "edf", "EDF or EDF+")                                                                                     \
	X(6, BDF, "bdf", "BDF or BDF+")                                                                                     \
	X(7, MUSE, "muse", "GE MUSE XML")                                                                                   \
	X(8, SIERRA, "sierra", "Philips Sierra XML")                                                                        \
	X(9, CSV, "csv", "comma-separated samples")                                                                         \
	X(10, FHIR, "fhir", "FHIR Observation (SampledData)")

enum ecg_format {
	ECG_UNKNOWN,
#define X(n, id, name, text) ECG_##id = n,
	ECG_FORMATS(X)
#undef X
	ECG_FORMAT_COUNT = 11
};
const char *ecg_format_name(enum ecg_format f);          /* "scp"; "unknown" */
enum ecg_format ecg_format_parse(struct slice name);     /* ECG_UNKNOWN */

/* Leads that have a place of their own on paper and in measuring. Others are kept and named as they came. */
#define ECG_LEADS(X)                                                                                                        \
	X(1, I, "I") X(2, II, "II") X(3, III, "III") X(4, AVR, "aVR") X(5, AVL, "aVL") X(6, AVF, "aVF")                     \
	X(7, V1, "V1") X(8, V2, "V2") X(9, V3, "V3") X(10, V4, "V4") X(11, V5, "V5") X(12, V6, "V6")                       \
	X(13, V7, "V7") X(14, V8, "V8") X(15, V9, "V9") X(16, V2R, "V2R") X(17, V3R, "V3R") X(18, V4R, "V4R") X(19, V5R, "V5R") \
	X(20, V6R, "V6R") X(21, V7R, "V7R") X(22, X, "X") X(23, Y, "Y") X(24, Z, "Z") X(25, MLI, "MLI") X(26, MLII, "MLII") X(27, MLIII, "MLIII") \
	X(28, ES, "ES") X(29, AS, "AS") X(30, AI, "AI") X(31, MAVR, "-aVR") X(32, CM5, "CM5") X(33, MV1, "MV1") X(34, MV2, "MV2") X(35, MV5, "MV5")

enum ecg_lead {
	ECG_LEAD_OTHER,
#define X(n, id, name) ECG_LEAD_##id = n,
	ECG_LEADS(X)
#undef X
	ECG_LEAD_COUNT = 36
};
const char *ecg_lead_name(enum ecg_lead l);               /* "aVR"; "" for OTHER */
/* From any spelling in the field: "avr", "AVR", "Lead II", "MDC_ECG_LEAD_aVF", "ECG II", "V1 (ch 3)", "EKG V5". */
enum ecg_lead ecg_lead_parse(struct slice name);

/* ---- a record ----------------------------------------------------------------------------------------------------------- */

struct ecg_channel {
	enum ecg_lead lead;
	char name[24];        /* what pages and files show: the lead's own name, else the label in printable ASCII; unique in the record */
	struct slice label;   /* as the file had it */
	char unit[16];        /* "uV" where it is a voltage (scale is in it), else as the file says: "mmHg", "" */
	bool ecg;             /* a voltage of the heart as far as label and unit say; others (pressure, respiration, annotations) are kept, never measured */
	double rate;          /* Hz, of this channel; above 0 */
	uint64_t samples;
	double scale;         /* unit for one step; finite, not 0. Value = (sample - baseline) * scale + offset */
	double offset;        /* in the unit; less than a step: 0 in all formats but EDF, whose zero may lie between two steps */
	int32_t baseline;
	uint8_t bits;         /* of a sample as stored */
	struct slice filter;  /* in words, as the file says, or empty */
	const int16_t *s16;   /* all samples, where they lie in memory like this; else NULL ... */
	const int32_t *s32;   /* ... or like this; both NULL: ecg_read decodes them from the file's bytes */
	void *own;            /* the reader's */
	int32_t middle;       /* of ecg_read16, see there; 0 and 0 for samples of at most 16 bits */
	uint8_t halved;
};

struct ecg_person { /* as the file says; empty slices are absent. Text is UTF-8 that was made safe (facts_text). */
	struct slice id, assigner, family, given, birth /* ISO */, sex /* male female other unknown */, height_cm, weight_kg;
	struct slice age; /* with its unit: "63 a", "4 mo" */
};

struct ecg_stated { /* what the device or its software said, kept apart from what we measure; key "pr_ms", "qrs_ms", "qt_ms", "qtc_ms", "rate_bpm", "p_axis_deg", "qrs_axis_deg", "t_axis_deg", "rr_ms" */
	const char *key;
	double value;
	struct ecg_stated *next;
};
struct ecg_note { /* a text of the file with its place in time, or a statement without one */
	bool timed;
	double at_s, duration_s; /* from the start of the record; 0 where it has no length */
	int channel;             /* -1: all */
	struct slice code, text;
	bool statement;          /* an interpretation that device or reader gave */
	struct ecg_note *next;
};
struct ecg_mark { /* a beat that the file names (aECG, SCP section 4, EDF+, FHIR); for comparison, never in place of ours */
	uint64_t at; /* sample of the record's own rate */
	char class;
};
struct ecg_stretch { /* recorded without a break; between two stretches nothing was */
	uint64_t first, count; /* samples of the record's own rate; gaps are counted in, so that sample / rate is time since start */
};

struct ecg {
	enum ecg_format format;
	struct slice name;        /* as it was opened */
	struct slice version;     /* of the format, in the file's own words: "2.0", "1.04", "EDF+C" */
	struct arena *a;
	struct ecg_channel channel[ECG_CHANNELS_MAX];
	unsigned channels;
	double rate;              /* of the record: the highest of its ECG channels (of all, where none is) */
	uint64_t samples;         /* at that rate: the longest channel */
	struct slice start;       /* ISO 8601 with the precision and zone of the file; empty: not said */
	struct ecg_person person;
	struct slice device, maker, serial, software, site, order, study, physician, indication, medication; /* as said */
	struct ecg_stated *stated;
	struct ecg_note *notes;
	struct ecg_note *notes_end;    /* private to ecg_note: where to look for the last one */
	struct ecg_mark *marks;
	size_t mark_count;
	struct ecg_stretch *stretches; /* NULL: one, from 0 to samples */
	size_t stretch_count;
	struct ecg *median;       /* representative beats that the file holds (DICOM group MEDIAN BEAT, SCP section 5), or NULL */
	struct buf *warnings;     /* NULL, or sentences a line each: a CRC that does not fit, a length that is wrong, what was read in spite of it */
	uint32_t warning_count;
	const struct ecg_reader *reader; /* private */
	void *own;
};

/* The other files of a record, by the name that its header gives (no folders in it: a name with '/' or a leading '.' is never asked for). The bytes must outlive the record. ERR_NOT_FOUND: there is none. */
struct ecg_files {
	int (*get)(void *arg, struct slice name, struct slice *ret, struct err *e);
	void *arg;
};

/* file: the bytes (WFDB: of the .hea), which must outlive the record, as must others' and a. name: for telling formats apart where the bytes do not, and for messages; may be empty.
 * others may be NULL. ERR_INPUT with a place in the file: it is none, or damaged beyond use; ERR_LIMIT. What is odd but readable is read and said in warnings: a recording that was hard to get is not thrown away for a wrong CRC. */
int ecg_open(struct slice file, struct slice name, const struct ecg_files *others, struct arena *a, struct ecg **ret, struct err *e) MUST;
enum ecg_format ecg_sniff(struct slice file, struct slice name); /* by content first; ECG_UNKNOWN */

/* Samples [first, first + n) of a channel as stored; past the end and where nothing was recorded ECG_GAP. Any order; fastest forwards. */
void ecg_read(const struct ecg *g, unsigned channel, uint64_t first, size_t n, int32_t *out);
/* The same for computing, in 16 bits. Samples that may need more (24 bits with the offset of an electrode, decimals) are taken less the median of samples from all over the channel, and halved (ecg_shift times,
 * rounded down) only as often as what remains needs, never to steps above 10 uV; what lies outside then (a lead that is off) is cut to -32767 or 32767. Gap: ECG_GAP16; so is what lies behind the last of the
 * stretches (a calibration pulse that ecg_read and ecg_read_uv show). */
void ecg_read16(const struct ecg *g, unsigned channel, uint64_t first, size_t n, int16_t *out);
unsigned ecg_shift(const struct ecg *g, unsigned channel); /* a step of ecg_read16 is scale * 2^shift; 0 for all of at most 16 bits */
/* In the channel's unit (microvolts). Gap: NAN. */
void ecg_read_uv(const struct ecg *g, unsigned channel, uint64_t first, size_t n, float *out);
int ecg_find(const struct ecg *g, enum ecg_lead l); /* channel, -1: none */

/* ---- writing ------------------------------------------------------------------------------------------------------------ */

struct ecg_sink { /* one call a file, in order; WFDB has two. Samples arrive in pieces where the record is long: begin, then bytes, then end */
	int (*begin)(void *arg, struct slice name, struct err *e);
	int (*bytes)(void *arg, struct slice s, struct err *e);
	int (*end)(void *arg, struct err *e);
	void *arg;
};
struct ecg_analysis;
/* name: without extension. analysis may be NULL; measurements and statements go in where the format has a place for them, as ours. What the format cannot hold (more leads, another rate, resolution) is ERR_INPUT with a
 * sentence, never silently changed; values are equal after reading back except where the format's own resolution is coarser, which is said in the man page. */
int ecg_write(const struct ecg *g, const struct ecg_analysis *analysis, enum ecg_format to, struct slice name, const struct ecg_sink *sink, struct err *e) MUST;

/* ---- beats -------------------------------------------------------------------------------------------------------------- */

/* AAMI EC57 classes: N normal and bundle branch block, S supraventricular ectopic, V ventricular ectopic, F fusion, Q paced or unclassifiable. */
struct ecg_beat {
	uint64_t at;        /* sample of the record's rate: the QRS's R wave, or the largest deflection */
	char class;
	bool paced;
	uint8_t confidence; /* 1..100 of class */
	uint8_t quality;    /* 0..100: how clean the signal around it is */
	int16_t width_ms;   /* of the QRS, -1: could not measure */
	uint16_t shape;     /* template number within the record, 0: none */
};
struct ecg_beats {
	struct ecg_beat *beat;
	size_t count;
	double rate;        /* of `at` */
	uint32_t shapes;
};
/* channels: which leads, fused (NULL: all ECG channels that are good enough, at most 12). Each may have its own rate; `at` is at the record's. Without classes: class is 'N' for all, confidence 0. ERR_INPUT: no ECG channel. */
int ecg_detect(const struct ecg *g, const unsigned *channels, size_t n, struct arena *a, struct ecg_beats *ret, struct err *e) MUST;
/* Classes of what ecg_detect found. */
int ecg_classify(const struct ecg *g, const unsigned *channels, size_t n, struct arena *a, struct ecg_beats *b, struct err *e) MUST;

/* ---- quality and rhythm --------------------------------------------------------------------------------------------------- */

enum ecg_rhythm { /* number, id, what `ecg rhythm` says */
#define ECG_RHYTHMS(X)                                                                                                      \
	X(1, SR, "SR", "sinus rhythm") X(2, SB, "SB", "sinus bradycardia") X(3, ST, "ST", "sinus tachycardia") X(4, SA, "SA", "sinus arrhythmia") \
	X(5, AF, "AF", "atrial fibrillation") X(6, AFL, "AFL", "atrial flutter") X(7, PACED, "PACED", "paced rhythm") X(8, PAUSE, "PAUSE", "pause") \
	X(9, SVT, "SVT", "supraventricular tachycardia") X(10, VT, "VT", "ventricular tachycardia") X(11, VF, "VF", "ventricular fibrillation or flutter") \
	X(12, BIGEMINY, "B", "ventricular bigeminy") X(13, TRIGEMINY, "T", "ventricular trigeminy") X(14, IVR, "IVR", "idioventricular rhythm") \
	X(15, ASYSTOLE, "ASYS", "no beat found") X(16, UNKNOWN, "UNKNOWN", "could not be told") X(17, NOISE, "NOISE", "signal not readable")
#define X(n, id, name, text) ECG_RHYTHM_##id = n,
	ECG_RHYTHMS(X)
#undef X
	ECG_RHYTHM_COUNT = 18
};
const char *ecg_rhythm_name(enum ecg_rhythm r);
const char *ecg_rhythm_text(enum ecg_rhythm r);
struct ecg_episode {
	enum ecg_rhythm rhythm;
	uint64_t start, end; /* samples of the record's rate, half open; episodes of one layer do not overlap: the base rhythms tile the record, PAUSE, VT, SVT, B, T lie over them */
	uint8_t confidence;  /* 1..100 */
	bool over;           /* lies over a base rhythm */
};
struct ecg_hrv { /* of normal-to-normal intervals; conf by number of them. Task Force ESC/NASPE 1996 */
	float mean_nn_ms, sdnn_ms, sdann_ms, rmssd_ms, pnn50;
	uint32_t pairs;      /* 0: could not measure */
};
struct ecg_hour { /* of a long record, from its start */
	uint32_t beats, s, v, f, q, pauses;
	uint16_t min_bpm, mean_bpm, max_bpm; /* over eight beats; 0: none */
	float af_share, noise_share;
};
struct ecg_quality {
	uint8_t score;       /* 0..100 */
	bool lead_off, saturated, noisy, drifting, mains;
};
struct ecg_rhythm_result {
	struct ecg_episode *episode;
	size_t count;
	struct ecg_hrv hrv;
	struct ecg_hour *hour; /* records of 10 minutes and more */
	size_t hours;
	struct ecg_quality quality[ECG_CHANNELS_MAX];
	uint32_t total, normal, s, v, f, q, pauses, couplets, runs, longest_run;
	double longest_rr_s;
	uint64_t longest_rr_at;
	uint16_t min_bpm, mean_bpm, max_bpm;
	uint64_t min_at, max_at;
};
int ecg_rhythm(const struct ecg *g, const struct ecg_beats *b, struct arena *a, struct ecg_rhythm_result *ret, struct err *e) MUST;
int ecg_quality(const struct ecg *g, unsigned channel, struct ecg_quality *ret, struct err *e) MUST;

/* ---- measurements: records of up to a minute, or the minute of a longer one that `from` names ------------------------------ */

struct ecg_value {
	float v;
	uint8_t conf; /* 0: could not measure; 1..100 */
};
struct ecg_fiducials { /* of one beat in one lead: ms from the start of the record; NAN: not found */
	float p_on, p_peak, p_off, qrs_on, r_peak, qrs_off, t_peak, t_off;
};
#define ECG_MEDIAN_RATE 500
#define ECG_MEDIAN_N 600       /* samples: 1.2 s */
#define ECG_MEDIAN_R 250       /* the R wave stands here */
struct ecg_lead_measure {
	struct ecg_value p_uv, q_uv, r_uv, s_uv, r2_uv, s2_uv, t_uv;  /* amplitudes from the PR level: q, s below 0 */
	struct ecg_value q_ms, r_ms, s_ms, qrs_ms, pr_ms, qt_ms, p_ms, vat_ms; /* durations in this lead alone; vat: onset to R peak */
	struct ecg_value j_uv, st60_uv, st80_uv, st_slope_uv_s;         /* at J, J+60 ms, J+80 ms */
	bool t_inverted, t_biphasic;
	struct ecg_quality quality;
	struct ecg_fiducials *beat;   /* one for each beat of ecg_measure.beats */
	int16_t median[ECG_MEDIAN_N]; /* microvolts */
};
struct ecg_measure {
	struct ecg_value rate_bpm, rr_ms, p_ms, pr_ms, qrs_ms, qt_ms;
	struct ecg_value qtc_bazett_ms, qtc_fridericia_ms, qtc_framingham_ms, qtc_hodges_ms;
	struct ecg_value p_axis_deg, qrs_axis_deg, t_axis_deg;
	struct ecg_fiducials global;  /* of the median beat, ms from its start */
	struct ecg_beats beats;       /* those that were measured, of the record's rate */
	size_t used;                  /* beats that went into the median */
	struct ecg_lead_measure *lead; /* one for each channel of the record; channels that are no ECG are all conf 0 */
};
int ecg_measure(const struct ecg *g, const struct ecg_beats *b, uint64_t from, struct arena *a, struct ecg_measure *ret, struct err *e) MUST;

enum ecg_weight { ECG_NORMAL, ECG_BORDERLINE, ECG_ABNORMAL, ECG_URGENT, ECG_TECHNICAL }; /* urgent: a person should look now */
struct ecg_statement {
	const char *code;    /* ours, stable: "rhythm-af", "qrs-lbbb", "qt-long", "tech-limb-reversal" */
	char text[160];      /* English; pages translate by code */
	char why[160];       /* the values that it rests on: "QRS 148 ms, R in V6 without q" */
	uint8_t confidence;
	enum ecg_weight weight;
};
/* All of it together: what reports, facts, `ecg measure` and the worklist are made of. */
struct ecg_analysis {
	struct ecg_beats beats;
	struct ecg_rhythm_result rhythm;
	struct ecg_measure measure; /* of a long record: of its first minute that is good */
	struct ecg_statement *statement;
	size_t statements;
	enum ecg_weight weight;     /* the worst of them */
	bool long_record;           /* over two minutes */
};
int ecg_analyse(const struct ecg *g, struct arena *a, struct ecg_analysis *ret, struct err *e) MUST;

/* ---- as JSON -------------------------------------------------------------------------------------------------------------- */

/* Members of an object that the caller opens and closes: what `ecg measure --json` and `ecg rhythm --json` print and what the pages get is written here and nowhere else.
 * The unit is in the key: _ms _s _hz _bpm _uv _mv _mv_s (per second) _deg. *_share is 0 to 1, pnn50 a percentage, confidence and score 0 to 100, start, end and *_at samples of rate_hz, *_on, *_peak, *_off
 * milliseconds from the start of the record. null: could not be measured. */
enum {
	ECG_JSON_BEATS = 1, /* measure: the marks of each beat in each lead, too */
	ECG_JSON_PAGES = 2  /* rhythm: what pages show besides, an episode's name in words and the pauses among the beats */
};
void ecg_json_measure(struct jsonw *w, const struct ecg *g, const struct ecg_analysis *n, unsigned with);
void ecg_json_rhythm(struct jsonw *w, const struct ecg *g, const struct ecg_rhythm_result *r, unsigned with);
void ecg_json_fiducials(struct jsonw *w, const struct ecg_fiducials *f); /* ms, one decimal; NAN is null */
void ecg_json_number(struct jsonw *w, const char *key, double v, int decimals); /* at most so many; null where it is no number, or beyond 1e15 */

/* ---- paper ---------------------------------------------------------------------------------------------------------------- */

enum ecg_layout { ECG_3X4_1, ECG_3X4, ECG_3X4_3, ECG_6X2, ECG_6X2_1, ECG_12X1, ECG_RHYTHM, ECG_HOLTER, ECG_LAYOUT_COUNT };
enum ecg_layout ecg_layout_parse(struct slice name); /* "3x4+1", "3x4", "3x4+3", "6x2", "6x2+1", "12x1", "rhythm", "holter"; ECG_LAYOUT_COUNT: no such */
struct ecg_signature {
	struct slice by, role, time; /* time: ISO */
	struct slice text;           /* statements as signed, a line each; or an addend */
};
struct ecg_report {
	enum ecg_layout layout;
	bool letter;               /* else A4; both landscape */
	double speed, gain;        /* mm/s (12.5 25 50), mm/mV (2.5 5 10 20); 0: 25 and 10 */
	double low, high, mains;   /* filter of what is drawn, Hz; 0: none. Stated on the page. Measurements are always of the unfiltered signal */
	struct slice patient[6];   /* lines of the banner as the chart has them; none: what the file says, marked "from the file" */
	struct slice patient_id;   /* on every page */
	struct slice entry, checkpoint; /* "entry 1234", the head's size and root; empty: "not from a ledger" */
	struct slice printed;      /* when, by whom */
	struct slice site;
	const struct ecg_signature *sign; /* none: "UNCONFIRMED" on every page */
	size_t signs;
	const struct ecg *before;  /* the previous ECG of the same person, drawn beside or below with differences; NULL */
	const struct ecg_analysis *before_analysis;
	uint64_t from;             /* first sample drawn */
	bool drill;                /* watermark */
};
/* The PDF's bytes are appended. Deterministic: no clock, no font outside the program's own choice in the file's metadata. */
int ecg_report(const struct ecg *g, const struct ecg_analysis *n, const struct ecg_report *o, struct buf *ret, struct err *e) MUST;
/* Maps the libraries that draw, for a process that is about to lose its file system. No thread is started: drawing starts some (pango asks fontconfig in them). ERR_SYSTEM: they are not installed. */
int ecg_report_load(struct err *e) MUST;

/* ---- for the ledger ------------------------------------------------------------------------------------------------------- */

/* The body of an entry of kind ecg is one line of JSON (UTF-8, LF), then the files' bytes one after the other, exactly as they came:
 *   {"ecg":1,"files":[{"name":"x.scp","size":65536}],"key":"...", ...}
 * files[0] is the one to open. What else the line says (who sent it, note, order, urgency) is in doc/formats.md. Valid if and only if the line is at most 64 KiB and the sizes add up to what follows. */
#define ECG_BODY_FILES_MAX 64
#define ECG_BODY_HEAD_MAX (64u << 10)
struct ecg_body {
	struct slice head; /* the JSON line */
	struct slice name[ECG_BODY_FILES_MAX], file[ECG_BODY_FILES_MAX];
	size_t files;
};
int ecg_body_read(struct slice body, struct arena *a, struct ecg_body *ret, struct err *e) MUST;
struct ecg_sent { /* what the line says beside the files; empty slices are left out */
	struct slice key, by, via, patient, order, urgency, note, recorded, device, continues; /* device: where the file has no place for it; continues: the live strip of which earlier stretches came before */
	struct ecg_person claimed;      /* typed by the sender: id assigner family given birth sex */
};
/* The body, appended. Names and files as in b; ERR_INPUT: a name that cannot be one, too much text. */
int ecg_body_put(const struct ecg_sent *s, const struct ecg_body *b, struct buf *ret, struct err *e) MUST;
int ecg_body_open(const struct ecg_body *b, struct arena *a, struct ecg **ret, struct err *e) MUST;
/* Facts of a body: one group, without an identifier (whose it is is decided by the chart, never by a file alone), with a FACT_ECG and up to two FACT_PATIENT: who it is as the file says (ACTION "file") and as the sender typed (ACTION "claimed"). The whole recording is opened and analysed: what cannot be read is a group without anything but what the line says, and counted as a problem. */
void ecg_facts(struct slice body, struct facts *f);
/* The same of one that is not to be opened (again): what its line says, and why it is not read. Its files are not looked at. why: without patient data, outlives f. */
void ecg_facts_unread(struct slice body, const char *why, struct facts *f);

#endif
