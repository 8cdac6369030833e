/* What a value itself says of a role that its field gave it, for the readers of records. */
#ifndef HOLDFAST_EXTRACT_VALUES_H
#define HOLDFAST_EXTRACT_VALUES_H

#include "base.h"
#include "person.h"

/* SSN: XXX-XX-1234, ***-**-1234 and 1234 are its last four. MEMBER: a Medicare number stands in the member's field, too. PHONE: what has an @ is mail. NAME: what is more digits than letters, or has signs that no name has, is none. RACE: "en-US" is a document's language. Others stay. */
int extract_value_role(int role, struct slice value);
/* person_role_of_column, for the columns of a list: under a header that says nothing but whom ("Patient") stand names. */
int extract_value_column(struct slice header, int *ret_who /* may be NULL */);
bool extract_value_npi(struct slice value); /* ten digits with the check digit of an NPI */
bool extract_value_procedure(struct slice value); /* five digits, or a letter and four: the form of a CPT or HCPCS code */
unsigned extract_value_digits(struct slice value); /* how many of its bytes are digits */
bool extract_value_has(struct slice value, const char *word); /* word stands in it; ASCII case does not count */

#endif
