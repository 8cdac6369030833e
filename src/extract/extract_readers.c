/* Which reader takes which type, of what is whole in memory and needs no library. */
#include "extract_internal.h"

extract_reader *extract_reader_of(int type)
{
	static const struct {
		int type;
		extract_reader *reader;
	} readers[] = {
		{CONTENT_TEXT, extract_text}, {CONTENT_HL7V2, extract_hl7v2}, {CONTENT_CSV, extract_csv}, {CONTENT_JSON, extract_fhir}, {CONTENT_X12, extract_x12}, {CONTENT_DICOM, extract_dicom},
		{CONTENT_HTML, extract_html}, {CONTENT_RTF, extract_rtf}, {CONTENT_MAIL, extract_mail},
	};
	for (size_t i = 0; i < ARRAY_LEN(readers); i++)
		if (readers[i].type == type)
			return readers[i].reader;
	return NULL;
}
