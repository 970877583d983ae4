//! The names of months and weekdays in the languages of the files that Waybill reads.

use crate::values::words::lower;

/// The names of each month in Latin letters, in lower case. Where a language has a case for dates ("4. března"),
/// the list has the word in that case; where capital letters or missing accents make a different word, the list has
/// that word as well.
#[rustfmt::skip]
const MONTHS: [&[&str]; 12] = [
    &[
        "january", "januar", "januari", "janvier", "enero", "gennaio", "janeiro", "jänner", "január", "januára", "styczeń",
        "stycznia", "styczen", "ocak", "ianuarie", "tammikuuta", "leden", "ledna", "siječanj", "siječnja",
    ],
    &[
        "february", "februar", "februari", "février", "fevrier", "febrero", "febbraio", "fevereiro", "február", "februára", "luty",
        "lutego", "şubat", "subat", "februarie", "helmikuuta", "únor", "února", "unor", "unora", "veljača", "veljače",
    ],
    &[
        "march", "märz", "maerz", "maart", "mars", "marzo", "março", "marco", "mrz", "mrt", "marts", "március", "marec", "marca",
        "marzec", "mart", "martie", "maaliskuuta", "březen", "března", "brezen", "brezna", "ožujak", "ožujka",
    ],
    &[
        "april", "avril", "abril", "aprile", "április", "apríl", "apríla", "kwiecień", "kwietnia", "kwiecien", "nisan", "aprilie",
        "huhtikuuta", "duben", "dubna", "travanj", "travnja",
    ],
    &[
        "may", "mai", "mei", "mayo", "maggio", "maio", "maj", "május", "máj", "mája", "maja", "mayıs", "mayis", "toukokuuta",
        "květen", "května", "kveten", "kvetna", "svibanj", "svibnja",
    ],
    &[
        "june", "juni", "juin", "junio", "giugno", "junho", "június", "jún", "júna", "czerwiec", "czerwca", "haziran", "iunie",
        "kesäkuuta", "červen", "června", "čvn", "lipanj", "lipnja",
    ],
    &[
        "july", "juli", "juillet", "julio", "luglio", "julho", "július", "júl", "júla", "lipiec", "lipca", "temmuz", "iulie",
        "heinäkuuta", "červenec", "července", "čvc", "srpanj", "srpnja",
    ],
    &[
        "august", "augustus", "août", "aout", "agosto", "augusti", "augusztus", "augusta", "sierpień", "sierpnia", "sierpien",
        "ağustos", "agustos", "elokuuta", "srpen", "srpna", "kolovoz", "kolovoza",
    ],
    &[
        "september", "septembre", "septiembre", "settembre", "setembro", "szeptember", "septembra", "wrzesień", "września",
        "wrzesien", "wrzesnia", "eylül", "eylul", "septembrie", "syyskuuta", "září", "zari", "rujan", "rujna",
    ],
    &[
        "october", "oktober", "octobre", "octubre", "ottobre", "outubro", "október", "októbra", "październik", "października",
        "pazdziernik", "pazdziernika", "ekim", "octombrie", "lokakuuta", "říjen", "října", "rijen", "rijna", "listopada",
    ],
    &[
        "november", "novembre", "noviembre", "novembro", "novembra", "listopada", "listopadu", "kasım", "kasim", "noiembrie",
        "marraskuuta", "studeni", "studenoga", "studenog",
    ],
    &[
        "december", "dezember", "desember", "décembre", "decembre", "diciembre", "dicembre", "dezembro", "decembra", "grudzień",
        "grudnia", "grudzien", "aralık", "aralik", "decembrie", "joulukuuta", "prosinec", "prosince", "prosinac", "prosinca",
    ],
];

/// The names of each month in Cyrillic and Greek letters, in lower case.
#[rustfmt::skip]
const MONTHS_BEYOND_LATIN: [&[&str]; 12] = [
    &["январь", "января", "січень", "січня", "януари", "ιανουάριος", "ιανουαρίου"],
    &["февраль", "февраля", "лютий", "лютого", "февруари", "φεβρουάριος", "φεβρουαρίου"],
    &["март", "марта", "березень", "березня", "μάρτιος", "μαρτίου"],
    &["апрель", "апреля", "квітень", "квітня", "април", "απρίλιος", "απριλίου"],
    &["май", "мая", "травень", "травня", "μάιος", "μαΐου"],
    &["июнь", "июня", "червень", "червня", "юни", "ιούνιος", "ιουνίου"],
    &["июль", "июля", "липень", "липня", "юли", "ιούλιος", "ιουλίου"],
    &["август", "августа", "серпень", "серпня", "αύγουστος", "αυγούστου"],
    &["сентябрь", "сентября", "вересень", "вересня", "септември", "σεπτέμβριος", "σεπτεμβρίου"],
    &["октябрь", "октября", "жовтень", "жовтня", "октомври", "οκτώβριος", "οκτωβρίου"],
    &["ноябрь", "ноября", "листопад", "листопада", "ноември", "νοέμβριος", "νοεμβρίου"],
    &["декабрь", "декабря", "грудень", "грудня", "декември", "δεκέμβριος", "δεκεμβρίου"],
];

/// Names of months that have no three-letter abbreviation: Finns do not write `mar` for `marraskuuta`,
/// so `mar` is March.
const NOT_SHORT: [&str; 1] = ["marraskuuta"];

/// The month that a word names or begins (with at least three letters) in a known language. `None` if the word could be
/// two months ("jui", "listopad").
pub(crate) fn month(word: &str) -> Option<u8> {
    match months(word)[..] {
        [month] => Some(month),
        _ => None,
    }
}

/// The months that a word may name: the months whose whole name the word is, or, if there are none, the months whose
/// names the word begins.
pub(crate) fn months(word: &str) -> Vec<u8> {
    let word = lower(word);
    let letters = word.chars().count();
    if letters < 3 {
        return Vec::new();
    }
    let begins = |name: &str| name.starts_with(&word) && (letters > 3 || !NOT_SHORT.contains(&name));
    let whole = fitting(|name| name == word);
    if whole.is_empty() { fitting(begins) } else { whole }
}

fn fitting(fits: impl Fn(&str) -> bool) -> Vec<u8> {
    let months = (1..).zip(MONTHS.iter().zip(&MONTHS_BEYOND_LATIN));
    let named = |(latin, beyond): (&&[&str], &&[&str])| latin.iter().chain(*beyond).any(|name| fits(name));
    months.filter(|(_, names)| named(*names)).map(|(month, _)| month).collect()
}

/// The month of a Polish word that names a different month in Croatian. A caller accepts the word only behind a day
/// without a dot (`4 lis 2024`), because Croatian writes a dot there.
pub(crate) fn polish_month(word: &str) -> Option<u8> {
    match lower(word).as_str() {
        "lip" => Some(7),
        "lis" | "listopada" => Some(11),
        _ => None,
    }
}

/// The names of the days of the week, Monday first, in lower case.
#[rustfmt::skip]
const WEEKDAYS: [&[&str]; 7] = [
    &[
        "monday", "montag", "lundi", "lunes", "segunda", "lunedì", "maandag", "mandag", "måndag", "poniedziałek", "pn",
        "pon", "pondělí", "maanantai", "maanantaina", "luni", "pazartesi", "pzt",
        "понедельник", "понеділок", "пн", "понеделник", "δευτέρα",
    ],
    &[
        "tuesday", "tues", "dienstag", "mardi", "martes", "terça", "terca", "martedì", "dinsdag", "tirsdag", "tisdag",
        "wtorek", "úterý", "tiistai", "tiistaina", "marți", "marţi", "salı",
        "вторник", "вівторок", "вт", "τρίτη",
    ],
    &[
        "wednesday", "weds", "mittwoch", "mercredi", "miércoles", "miercoles", "quarta", "mercoledì", "woensdag", "onsdag",
        "środa", "středa", "keskiviikko", "keskiviikkona", "miercuri", "çarşamba", "çrş",
        "среда", "середа", "ср", "сряда", "τετάρτη",
    ],
    &[
        "thursday", "thurs", "donnerstag", "jeudi", "jueves", "quinta", "giovedì", "donderdag", "torsdag", "czwartek",
        "čtvrtek", "torstai", "torstaina", "joi", "perşembe", "prş",
        "четверг", "четвер", "чт", "четвъртък", "πέμπτη",
    ],
    &[
        "friday", "freitag", "vendredi", "viernes", "sexta", "venerdì", "vrijdag", "fredag", "piątek", "pt", "pátek",
        "perjantai", "perjantaina", "vineri", "cuma",
        "пятница", "пт", "петък", "παρασκευή",
    ],
    &[
        "saturday", "samstag", "sonnabend", "samedi", "sábado", "sabado", "sabato", "zaterdag", "lørdag", "lördag",
        "sobota", "lauantai", "lauantaina", "sâmbătă", "cumartesi", "cmt",
        "суббота", "субота", "сб", "събота", "σάββατο",
    ],
    &[
        "sunday", "sonntag", "dimanche", "domingo", "domenica", "zondag", "søndag", "söndag", "niedziela", "nd", "ndz",
        "neděle", "sunnuntai", "sunnuntaina", "duminică", "pazar", "paz",
        "воскресенье", "неділя", "неделя", "вс", "нд", "κυριακή",
    ],
];

/// The days of the week that a word names or begins (with at least two letters), as a bit for each day (Monday is bit
/// 0), or 0 if there are none.
pub(crate) fn weekdays(word: &str) -> u8 {
    let word = lower(word);
    if word.chars().count() < 2 {
        return 0;
    }
    let named = |names: &&[&str]| names.iter().any(|name| name.starts_with(&word));
    WEEKDAYS.iter().enumerate().filter(|(_, names)| named(names)).fold(0, |days, (day, _)| days | 1 << day)
}

/// Returns whether a word names or begins a day of the week.
pub(crate) fn is_weekday(word: &str) -> bool {
    weekdays(word) != 0
}
