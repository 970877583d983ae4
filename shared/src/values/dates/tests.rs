//! Tests of single cells of date columns.

use DateOrder::{Dmy, Mdy, Ymd};
use jiff::civil::date;
use proptest::prelude::*;

use super::*;

fn under(cell: &str, order: DateOrder) -> Option<Date> {
    super::read(cell)?.day.under(order)
}

#[test]
fn numbers_read_differently_under_each_order() {
    assert_eq!(under("03/04/05", Mdy), Some(date(2005, 3, 4)));
    assert_eq!(under("03/04/05", Dmy), Some(date(2005, 4, 3)));
    assert_eq!(under("03/04/05", Ymd), Some(date(2003, 4, 5)));
    assert_eq!(under("3. 4. 2005", Dmy), Some(date(2005, 4, 3)));
    assert_eq!(under("3/4/2005", Ymd), None);
    assert_eq!(under("13/13/2005", Dmy), None);
}

#[test]
fn two_digit_years_from_seventy_on_are_of_the_last_century() {
    assert_eq!(under("1/1/69", Mdy), Some(date(2069, 1, 1)));
    assert_eq!(under("1/1/70", Mdy), Some(date(1970, 1, 1)));
}

#[test]
fn what_is_no_date_is_none() {
    for cell in [
        "",
        "soon",
        "2024",
        "2024-13-01",
        "2024-02-30",
        "1/2",
        "1/2/3/4",
        "1/2-2024",
        "1,2,2024",
        "45000",
        "20241301",
        "12122012",
        "0024-01-01",
        "2024-01-01x",
        "2024-01-01 25:00",
        "Foo 1, 2024",
        "1 jui 2024",
        "1/2/204",
        "12 34 56 78",
        "Mon",
        "March 2024",
    ] {
        assert_eq!(super::read(cell), None, "{cell}");
    }
}

#[test]
fn the_time_of_day_behind_a_date_is_kept() {
    for cell in ["2024-03-04 09:30", "2024-03-04T09:30:00+01:00", "3/4/2024, 9:30 AM", "4 Mar 2024 9:30"] {
        let time = super::read(cell).and_then(|written| written.time);
        assert_eq!(time, Some(jiff::civil::time(9, 30, 0, 0)), "{cell}");
    }
}

#[test]
fn months_are_known_by_name_and_abbreviation_in_several_languages() {
    for (word, number) in [("Sept", 9), ("MÄRZ", 3), ("août", 8), ("dez", 12), ("Mai", 5), ("ene", 1), ("juil", 7)] {
        assert_eq!(month(word), Some(number), "{word}");
    }
    for (number, words) in (1..).zip([
        "sty stycznia STYCZEŃ január jan oca OCAK ian ianuarie tammi tammikuuta led leden ledna sij",
        "lut luty lutego február febr şub ŞUBAT feb februarie helmi helmikuu úno únor února velj",
        "mar marzec marca március márc mart MART martie maalis maaliskuu bře březen března ožu",
        "kwi kwiecień kwietnia április ápr nis NİSAN apr aprilie huhti huhtikuu dub duben dubna tra",
        "maj maja május máj may mayıs MAYIS mai touko toukokuu kvě květen května svi",
        "cze czerwiec czerwca június jún haz HAZİRAN iun iunie kesä kesäkuu červen ČERVEN června čvn lipnja",
        "lipiec lipca július júl tem temmuz iul iulie heinä heinäkuu červenec července čvc srpnja",
        "sie sierpień sierpnia augusztus aug ağu AĞUSTOS august elo elokuu srpen srpna kol",
        "wrz wrzesień września szeptember szept eyl EYLÜL sept septembrie syys syyskuu září zář ruj",
        "paź październik października október okt eki EKİM oct octombrie loka lokakuu říj říjen října",
        "listopadu november nov kas KASIM kasım noi noiembrie marras marraskuu stu",
        "gru grudzień grudnia december dec ara ARALIK aralık decembrie joulu joulukuu pro prosinec prosince",
    ]) {
        for word in words.split(' ') {
            assert_eq!(month(word), Some(number), "{word}");
        }
    }
}

#[test]
fn words_that_are_two_months_are_none() {
    // Some words differ between Polish or Czech and Croatian; others begin two months in French or Czech.
    for word in ["lis", "listopad", "listopada", "lip", "srp", "jui", "čer", "ju", "ma"] {
        assert_eq!(month(word), None, "{word}");
    }
    for (cell, date) in [
        ("4 lis 2024", Some(date(2024, 11, 4))),
        ("4 listopada 2024", Some(date(2024, 11, 4))),
        ("4 lip 2024 9:30", Some(date(2024, 7, 4))),
        ("4. listopadu 2024", Some(date(2024, 11, 4))),
        ("4. listopada 2024.", None),
        ("4-lis-24", None),
        ("04.lip.2024", None),
        ("4. srp 2024", None),
    ] {
        assert_eq!(under(cell, Dmy), date, "{cell}");
    }
}

#[test]
fn a_day_of_the_week_may_stand_in_front() {
    for cell in [
        "mar. 5 mars 2024",
        "mar 5 mar 2024",
        "mar, 5 mar 2024",
        "mar. 5 de marzo de 2024",
        "martes, 5 de marzo de 2024",
        "terça-feira, 5 de março de 2024",
        "ter., 5 de mar. de 2024",
        "di 5 maart 2024",
        "dinsdag 5 maart 2024",
        "tis 5 mars 2024",
        "tirsdag den 5. marts 2024",
        "den 5 mars 2024",
        "Dienstag, den 5. März 2024",
        "tir. 5. mars 2024",
        "wt., 5 mar 2024",
        "wtorek, 5 marca 2024",
        "mardi 5 mars 2024",
        "martedì 5 marzo 2024",
        "ti 5. maaliskuuta 2024",
        "Út 5. března 2024",
        "Salı 5 Mart 2024",
        "marți, 5 martie 2024",
        "Tue Mar 05 2024 09:30:00 GMT+0100 (Central European Standard Time)",
        "Tuesday, Mar 5, 2024",
        "mar 05/03/2024",
        "mar 2024-03-05",
    ] {
        assert_eq!(under(cell, Dmy), Some(date(2024, 3, 5)), "{cell}");
    }
    for cell in ["Mar 5, 2024", "mar 5 2024", "Mar 5 24", "Mar 5 2024 9:30", "Mar. 5, 2024", "March 5 2024"] {
        assert_eq!(under(cell, Dmy), Some(date(2024, 3, 5)), "{cell}");
    }
    for cell in ["mar", "mar.", "mar mar", "terça-feira", "foo 5 mars 2024", "lun lun 5 mars 2024"] {
        assert_eq!(super::read(cell), None, "{cell}");
    }
}

#[test]
fn hungarian_and_east_asian_dates_are_read() {
    for cell in [
        "2024. 03. 04.",
        "2024.03.04.",
        "2024. 3. 4.",
        "2024. 03. 04. 9:30",
        "2024.03.04. 9:30:00",
        "2024. március 4.",
        "2024. márc. 4.",
        "4. 3. 2024.",
        "4. ožujka 2024.",
        "2024年3月4日",
        "2024年03月04日 9:30",
        "2024年3月4日9:30",
        "2024 年 3 月 4 日",
        "2024년 3월 4일",
        "4\u{a0}mars\u{a0}2024",
        "4.\u{202f}3.\u{a0}2024",
        "\u{200e}4\u{200e}/\u{200e}3\u{200e}/\u{200e}2024",
        "\u{200e}2024-03-04",
        "2024-03-04\u{a0}09:30",
        "4/3/2024,\u{a0}9:30\u{202f}AM",
    ] {
        assert_eq!(under(cell, Dmy), Some(date(2024, 3, 4)), "{cell}");
    }
    for cell in ["2024.03.04.5", "2024-03-04.", "4/3/2024.", "2024年13月4日", "24年3月4日", "2024年3月", "2024.03.04.."]
    {
        assert_eq!(super::read(cell), None, "{cell}");
    }
}

proptest! {
    #[test]
    fn a_date_written_in_an_order_is_read_in_it(days in 0..30_000_i32) {
        use jiff::ToSpan as _;
        let day = date(1970, 1, 1).saturating_add(days.days());
        for (format, order) in [
            ("%Y-%m-%d", Ymd), ("%m/%d/%Y", Mdy), ("%-d.%-m.%Y", Dmy), ("%d %b %Y", Dmy), ("%B %d, %Y", Mdy),
            ("%A, %d. %B %Y %H:%M", Dmy), ("%Y/%-m/%-d", Ymd),
        ] {
            prop_assert_eq!(under(&day.at(8, 0, 0, 0).strftime(format).to_string(), order), Some(day));
        }
    }

    #[test]
    fn no_cell_makes_it_panic(cell in "[0-9/. :,TZamp+März年月日-]{0,20}") {
        let _ = super::read(&cell);
    }
}
