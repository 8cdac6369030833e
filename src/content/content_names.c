/* What a file's name promises. Names that are used for other things as well are marked WEAK: bytes that are no known type are no loss there.
 * Names that say nothing (.dat, .bin, .tmp, .bak ...) are not here; of two suffixes ("x.tar.gz") the last counts, but what editors and copies hang
 * behind (.bak, .old, .orig, ~) is taken off first. */
#include "content_internal.h"

#define WEAK true

struct named {
	const char *suffix;
	int type;
	bool weak;
};

static const struct named names[] = { /* sorted by strcmp */
	{"270", CONTENT_X12, WEAK}, {"271", CONTENT_X12, WEAK}, {"276", CONTENT_X12, WEAK}, {"277", CONTENT_X12, WEAK},
	{"278", CONTENT_X12, WEAK}, {"3g2", CONTENT_MP4}, {"3gp", CONTENT_MP4}, {"7z", CONTENT_SEVENZIP}, {"834", CONTENT_X12, WEAK},
	{"835", CONTENT_X12, WEAK}, {"837", CONTENT_X12, WEAK}, {"aar", CONTENT_ZIP}, {"accdb", CONTENT_MDB}, {"accde", CONTENT_MDB},
	{"adb", CONTENT_TEXT}, {"ado", CONTENT_TEXT}, {"adoc", CONTENT_TEXT}, {"ads", CONTENT_TEXT}, {"aecg", CONTENT_XML},
	{"age", CONTENT_AGE}, {"apk", CONTENT_ZIP}, {"apng", CONTENT_PNG}, {"asc", CONTENT_PGP}, {"asm", CONTENT_TEXT},
	{"asp", CONTENT_TEXT, WEAK}, {"atom", CONTENT_XML}, {"avi", CONTENT_AVI}, {"avif", CONTENT_MP4}, {"awk", CONTENT_TEXT},
	{"bas", CONTENT_TEXT}, {"bash", CONTENT_TEXT}, {"bat", CONTENT_TEXT}, {"bdf", CONTENT_EDF}, {"bib", CONTENT_TEXT},
	{"bmp", CONTENT_BMP}, {"bz2", CONTENT_BZIP2}, {"c", CONTENT_TEXT}, {"cbr", CONTENT_RAR}, {"cbz", CONTENT_ZIP},
	{"cc", CONTENT_TEXT}, {"ccd", CONTENT_XML}, {"ccda", CONTENT_XML}, {"cda", CONTENT_XML}, {"cfg", CONTENT_TEXT, WEAK},
	{"cjs", CONTENT_TEXT}, {"class", CONTENT_JAVA}, {"clj", CONTENT_TEXT}, {"cls", CONTENT_TEXT, WEAK}, {"cmake", CONTENT_TEXT},
	{"cmd", CONTENT_TEXT}, {"cnf", CONTENT_TEXT}, {"conf", CONTENT_TEXT}, {"cpl", CONTENT_PE, WEAK}, {"cpp", CONTENT_TEXT},
	{"cql", CONTENT_TEXT, WEAK}, {"cr2", CONTENT_TIFF, WEAK}, {"cs", CONTENT_TEXT}, {"csh", CONTENT_TEXT}, {"csproj", CONTENT_XML},
	{"css", CONTENT_TEXT}, {"csv", CONTENT_CSV}, {"cxx", CONTENT_TEXT}, {"dart", CONTENT_TEXT}, {"db", CONTENT_SQLITE, WEAK},
	{"db3", CONTENT_SQLITE}, {"dcm", CONTENT_DICOM}, {"dib", CONTENT_BMP}, {"dicom", CONTENT_DICOM}, {"dicomgz", CONTENT_GZIP},
	{"diff", CONTENT_TEXT}, {"dll", CONTENT_PE}, {"dng", CONTENT_TIFF}, {"do", CONTENT_TEXT, WEAK}, {"doc", CONTENT_OLE2},
	{"docm", CONTENT_OOXML}, {"docx", CONTENT_OOXML}, {"dot", CONTENT_OLE2, WEAK}, {"dotm", CONTENT_OOXML}, {"dotx", CONTENT_OOXML},
	{"ear", CONTENT_ZIP}, {"edf", CONTENT_EDF}, {"edi", CONTENT_X12, WEAK}, {"efi", CONTENT_PE, WEAK}, {"egg", CONTENT_ZIP},
	{"el", CONTENT_TEXT, WEAK}, {"elf", CONTENT_ELF}, {"eml", CONTENT_MAIL}, {"emlx", CONTENT_MAIL, WEAK}, {"emz", CONTENT_GZIP},
	{"env", CONTENT_TEXT, WEAK}, {"epub", CONTENT_ZIP}, {"er7", CONTENT_HL7V2, WEAK}, {"erl", CONTENT_TEXT}, {"evtx", CONTENT_EVTX},
	{"ex", CONTENT_TEXT}, {"exe", CONTENT_PE}, {"exs", CONTENT_TEXT}, {"fhirpath", CONTENT_TEXT}, {"fish", CONTENT_TEXT},
	{"fods", CONTENT_XML}, {"fodt", CONTENT_XML}, {"fs", CONTENT_TEXT}, {"geojson", CONTENT_JSON}, {"gif", CONTENT_GIF},
	{"gitignore", CONTENT_TEXT}, {"go", CONTENT_TEXT}, {"gpg", CONTENT_PGP}, {"gpkg", CONTENT_SQLITE}, {"gpx", CONTENT_XML},
	{"gradle", CONTENT_TEXT}, {"graphql", CONTENT_TEXT}, {"groovy", CONTENT_TEXT}, {"gz", CONTENT_GZIP}, {"h", CONTENT_TEXT},
	{"har", CONTENT_JSON}, {"hcl", CONTENT_TEXT}, {"hea", CONTENT_TEXT}, {"heic", CONTENT_MP4}, {"heif", CONTENT_MP4},
	{"hh", CONTENT_TEXT}, {"hl7", CONTENT_HL7V2}, {"hl7log", CONTENT_TEXT}, {"hl7v2", CONTENT_HL7V2}, {"hl7v3", CONTENT_XML},
	{"hpp", CONTENT_TEXT}, {"hs", CONTENT_TEXT}, {"htm", CONTENT_HTML}, {"html", CONTENT_HTML}, {"hxx", CONTENT_TEXT},
	{"ics", CONTENT_TEXT}, {"ini", CONTENT_TEXT}, {"ipa", CONTENT_ZIP}, {"ipynb", CONTENT_JSON}, {"j2c", CONTENT_JPEG2000, WEAK},
	{"j2k", CONTENT_JPEG2000}, {"jar", CONTENT_ZIP}, {"java", CONTENT_TEXT}, {"jfif", CONTENT_JPEG}, {"jl", CONTENT_TEXT},
	{"jp2", CONTENT_JPEG2000}, {"jpe", CONTENT_JPEG}, {"jpeg", CONTENT_JPEG}, {"jpf", CONTENT_JPEG2000}, {"jpg", CONTENT_JPEG},
	{"jpx", CONTENT_JPEG2000}, {"js", CONTENT_TEXT}, {"json", CONTENT_JSON}, {"jsonl", CONTENT_JSON}, {"jsonld", CONTENT_JSON},
	{"jsp", CONTENT_TEXT}, {"jsx", CONTENT_TEXT}, {"kml", CONTENT_XML}, {"kmz", CONTENT_ZIP}, {"ko", CONTENT_ELF, WEAK},
	{"kra", CONTENT_ZIP}, {"kt", CONTENT_TEXT}, {"kts", CONTENT_TEXT}, {"ldif", CONTENT_TEXT}, {"less", CONTENT_TEXT},
	{"lisp", CONTENT_TEXT}, {"log", CONTENT_TEXT}, {"lua", CONTENT_TEXT}, {"m4a", CONTENT_MP4}, {"m4v", CONTENT_MP4},
	{"mbox", CONTENT_MAIL}, {"mbtiles", CONTENT_SQLITE}, {"md", CONTENT_TEXT}, {"mdb", CONTENT_MDB}, {"mde", CONTENT_MDB},
	{"mjs", CONTENT_TEXT}, {"mk", CONTENT_TEXT}, {"ml", CONTENT_TEXT}, {"mllp", CONTENT_HL7V2}, {"mod3", CONTENT_TEXT},
	{"mov", CONTENT_MP4}, {"mp3", CONTENT_MP3}, {"mp4", CONTENT_MP4}, {"mpp", CONTENT_OLE2}, {"mscz", CONTENT_ZIP},
	{"msg", CONTENT_OLE2}, {"msi", CONTENT_OLE2}, {"musicxml", CONTENT_XML}, {"ndjson", CONTENT_JSON}, {"ndpi", CONTENT_TIFF, WEAK},
	{"ndx", CONTENT_TEXT, WEAK}, {"nef", CONTENT_TIFF, WEAK}, {"nfo", CONTENT_TEXT, WEAK}, {"ninja", CONTENT_TEXT},
	{"nupkg", CONTENT_ZIP, WEAK}, {"nuspec", CONTENT_XML}, {"o", CONTENT_ELF, WEAK}, {"ocx", CONTENT_PE}, {"odf", CONTENT_ODF},
	{"odg", CONTENT_ODF}, {"odp", CONTENT_ODF}, {"ods", CONTENT_ODF}, {"odt", CONTENT_ODF}, {"one", CONTENT_OLE2, WEAK},
	{"ost", CONTENT_PST}, {"otf", CONTENT_FONT}, {"otp", CONTENT_ODF}, {"ots", CONTENT_ODF}, {"ott", CONTENT_ODF},
	{"pas", CONTENT_TEXT}, {"patch", CONTENT_TEXT}, {"pdf", CONTENT_PDF}, {"pgp", CONTENT_PGP}, {"php", CONTENT_TEXT},
	{"pl", CONTENT_TEXT}, {"plist", CONTENT_XML, WEAK}, {"pm", CONTENT_TEXT}, {"png", CONTENT_PNG}, {"po", CONTENT_TEXT},
	{"pom", CONTENT_XML}, {"pot", CONTENT_TEXT}, {"potx", CONTENT_OOXML}, {"pps", CONTENT_OLE2}, {"ppsx", CONTENT_OOXML},
	{"ppt", CONTENT_OLE2}, {"pptm", CONTENT_OOXML}, {"pptx", CONTENT_OOXML}, {"properties", CONTENT_TEXT}, {"proto", CONTENT_TEXT},
	{"ps1", CONTENT_TEXT}, {"psd1", CONTENT_TEXT}, {"psm1", CONTENT_TEXT}, {"pst", CONTENT_PST}, {"psv", CONTENT_CSV},
	{"pub", CONTENT_OLE2, WEAK}, {"py", CONTENT_TEXT}, {"pyd", CONTENT_PE}, {"pyi", CONTENT_TEXT}, {"qcow2", CONTENT_VMDISK},
	{"qt", CONTENT_MP4, WEAK}, {"r", CONTENT_TEXT}, {"rar", CONTENT_RAR}, {"rb", CONTENT_TEXT}, {"resx", CONTENT_XML},
	{"rs", CONTENT_TEXT}, {"rss", CONTENT_XML}, {"rst", CONTENT_TEXT}, {"rtf", CONTENT_RTF}, {"s", CONTENT_TEXT},
	{"sas", CONTENT_TEXT}, {"scala", CONTENT_TEXT}, {"scp", CONTENT_SCP_ECG, WEAK}, {"scr", CONTENT_PE, WEAK}, {"scss", CONTENT_TEXT},
	{"sdb", CONTENT_SQLITE, WEAK}, {"sed", CONTENT_TEXT}, {"sig", CONTENT_PGP, WEAK}, {"so", CONTENT_ELF, WEAK},
	{"sps", CONTENT_TEXT}, {"sql", CONTENT_TEXT}, {"sqlite", CONTENT_SQLITE}, {"sqlite3", CONTENT_SQLITE}, {"srt", CONTENT_TEXT},
	{"stan", CONTENT_TEXT}, {"sty", CONTENT_TEXT, WEAK}, {"suo", CONTENT_OLE2, WEAK}, {"svg", CONTENT_XML}, {"svgz", CONTENT_GZIP},
	{"svs", CONTENT_TIFF}, {"swift", CONTENT_TEXT}, {"sys", CONTENT_PE, WEAK}, {"tar", CONTENT_TAR}, {"tbz", CONTENT_BZIP2},
	{"tbz2", CONTENT_BZIP2}, {"tcl", CONTENT_TEXT}, {"tei", CONTENT_XML}, {"tex", CONTENT_TEXT}, {"text", CONTENT_TEXT, WEAK},
	{"tf", CONTENT_TEXT}, {"tgz", CONTENT_GZIP}, {"tif", CONTENT_TIFF}, {"tiff", CONTENT_TIFF}, {"toml", CONTENT_TEXT},
	{"ts", CONTENT_TEXT, WEAK}, {"tsv", CONTENT_CSV}, {"tsx", CONTENT_TEXT}, {"ttc", CONTENT_FONT}, {"ttf", CONTENT_FONT},
	{"txt", CONTENT_TEXT}, {"txz", CONTENT_XZ}, {"tzst", CONTENT_ZSTD}, {"vb", CONTENT_TEXT}, {"vba", CONTENT_TEXT},
	{"vbs", CONTENT_TEXT}, {"vcf", CONTENT_TEXT}, {"vcxproj", CONTENT_XML}, {"vdi", CONTENT_VMDISK}, {"vgz", CONTENT_GZIP},
	{"vhd", CONTENT_VMDISK}, {"vhdx", CONTENT_VMDISK}, {"vmdk", CONTENT_VMDISK}, {"vsd", CONTENT_OLE2}, {"vsdx", CONTENT_OOXML},
	{"vsix", CONTENT_ZIP}, {"vtt", CONTENT_TEXT}, {"war", CONTENT_ZIP}, {"wav", CONTENT_WAV}, {"wave", CONTENT_WAV},
	{"webmanifest", CONTENT_JSON}, {"webp", CONTENT_WEBP}, {"whl", CONTENT_ZIP}, {"woff", CONTENT_FONT}, {"woff2", CONTENT_FONT},
	{"wsdl", CONTENT_XML}, {"x12", CONTENT_X12, WEAK}, {"xaml", CONTENT_XML}, {"xhtml", CONTENT_XML}, {"xlf", CONTENT_XML},
	{"xliff", CONTENT_XML}, {"xls", CONTENT_OLE2}, {"xlsb", CONTENT_OOXML}, {"xlsm", CONTENT_OOXML}, {"xlsx", CONTENT_OOXML},
	{"xlt", CONTENT_OLE2}, {"xltm", CONTENT_OOXML}, {"xltx", CONTENT_OOXML}, {"xml", CONTENT_XML}, {"xpi", CONTENT_ZIP},
	{"xsd", CONTENT_XML}, {"xsl", CONTENT_XML}, {"xslt", CONTENT_XML}, {"xz", CONTENT_XZ}, {"yaml", CONTENT_TEXT},
	{"yml", CONTENT_TEXT}, {"zip", CONTENT_ZIP}, {"zsh", CONTENT_TEXT}, {"zst", CONTENT_ZSTD},
};

static const struct named *find(struct slice suffix)
{
	size_t lo = 0, hi = ARRAY_LEN(names);
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = slice_cmp(suffix, slice_str(names[mid].suffix));
		if (c == 0)
			return &names[mid];
		if (c < 0)
			hi = mid;
		else
			lo = mid + 1;
	}
	return NULL;
}

static bool is_copy_mark(struct slice suffix)
{
	static const char *const marks[] = {"bak", "old", "orig", "save", "copy"};
	for (size_t i = 0; i < ARRAY_LEN(marks); i++)
		if (slice_eq_nocase(suffix, marks[i]))
			return true;
	return false;
}

/* The last suffix of a name, taken off it; empty when there is none. */
static struct slice take_suffix(struct slice *name)
{
	const uint8_t *dot = name->n > 1 ? memrchr(name->p + 1, '.', name->n - 1) : NULL;
	if (!dot)
		return SLICE_NULL;
	struct slice suffix = slice_of(dot + 1, (size_t)(name->p + name->n - dot - 1));
	name->n = (size_t)(dot - name->p);
	return suffix;
}

int content_named(struct slice name, char ret_suffix[16], bool *ret_weak)
{
	const uint8_t *slash = name.n ? memrchr(name.p, '/', name.n) : NULL;
	if (slash)
		name = slice_of(slash + 1, (size_t)(name.p + name.n - slash - 1));
	while (name.n && name.p[name.n - 1] == '~')
		name.n--;
	struct slice suffix = take_suffix(&name);
	if (is_copy_mark(suffix))
		suffix = take_suffix(&name);
	ret_suffix[0] = 0;
	*ret_weak = false;
	if (!suffix.n || suffix.n > 15)
		return CONTENT_UNKNOWN;
	for (size_t i = 0; i < suffix.n; i++)
		ret_suffix[i] = (char)(suffix.p[i] >= 'A' && suffix.p[i] <= 'Z' ? suffix.p[i] + 32 : suffix.p[i]);
	ret_suffix[suffix.n] = 0;
	const struct named *n = find(slice_str(ret_suffix));
	if (!n)
		return CONTENT_UNKNOWN;
	*ret_weak = n->weak;
	return n->type;
}
