/* Days: the civil calendar, federal holidays of the United States, business days, months. */
#include "notice.h"

/* Days of the proleptic Gregorian calendar, counted from March so that a leap day is a year's last. */
int32_t notice_day_of(int y, int m, int d)
{
	assert(y >= 1 && y <= 9999 && m >= 1 && m <= 12 && d >= 1 && d <= time_days_in_month(y, m));
	int32_t year = m <= 2 ? y - 1 : y, era = year / 400, of_era = year - era * 400;
	int32_t of_year = (153 * (m > 2 ? m - 3 : m + 9) + 2) / 5 + d - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

void notice_day_civil(int32_t day, int *y, int *m, int *d)
{
	int32_t z = day + 719468, era = (z >= 0 ? z : z - 146096) / 146097, of_era = z - era * 146097;
	int32_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365, of_year = of_era - (365 * year + year / 4 - year / 100), month = (5 * of_year + 2) / 153;
	*d = of_year - (153 * month + 2) / 5 + 1;
	*m = month < 10 ? month + 3 : month - 9;
	*y = year + era * 400 + (*m <= 2);
}

int notice_weekday(int32_t day)
{
	return (int)(((int64_t)day + 4 + INT64_C(7) * 400000000) % 7); /* 1970-01-01 was a Thursday */
}

/* The nth (from 1; 0: the last) such weekday of a month. */
static int32_t nth(int y, int m, int weekday, int n)
{
	int32_t first = notice_day_of(y, m, 1), last = notice_day_of(y, m, time_days_in_month(y, m));
	if (n == 0)
		return last - (notice_weekday(last) - weekday + 7) % 7;
	return first + (weekday - notice_weekday(first) + 7) % 7 + 7 * (n - 1);
}

/* A holiday on a fixed date: itself, and the working day on which it is kept when it falls on a Saturday or a Sunday. */
static bool kept(int32_t day, int y, int m, int d)
{
	int32_t is = notice_day_of(y, m, d);
	int w = notice_weekday(is);
	return day == is || (w == 6 && day == is - 1) || (w == 0 && day == is + 1);
}

bool notice_us_holiday(int32_t day)
{
	int y, m, d;
	notice_day_civil(day, &y, &m, &d);
	switch (m) {
	case 1: return kept(day, y, 1, 1) || day == nth(y, 1, 1, 3); /* New Year; Martin Luther King's birthday */
	case 2: return day == nth(y, 2, 1, 3);                       /* Washington's birthday */
	case 5: return day == nth(y, 5, 1, 0);                       /* Memorial Day */
	case 6: return y >= 2021 && kept(day, y, 6, 19);             /* Juneteenth: Public Law 117-17 */
	case 7: return kept(day, y, 7, 4);
	case 9: return day == nth(y, 9, 1, 1);                       /* Labor Day */
	case 10: return day == nth(y, 10, 1, 2);                     /* Columbus Day */
	case 11: return kept(day, y, 11, 11) || day == nth(y, 11, 4, 4);
	case 12: return kept(day, y, 12, 25) || (d == 31 && y < 9999 && kept(day, y + 1, 1, 1));
	default: return false;
	}
}

int32_t notice_business_days(int32_t from, unsigned n)
{
	while (n) {
		int w = notice_weekday(++from);
		n -= w != 0 && w != 6 && !notice_us_holiday(from);
	}
	return from;
}

int32_t notice_months(int32_t from, unsigned n)
{
	int y, m, d;
	notice_day_civil(from, &y, &m, &d);
	unsigned months = (unsigned)(m - 1) + n;
	y += (int)(months / 12);
	m = (int)(months % 12) + 1;
	int last = time_days_in_month(y, m);
	return notice_day_of(y, m, d < last ? d : last);
}
