//! Files as programs on the web and in offices write them. Each kind is recognised in any encoding and in pieces of
//! any size, while a table with signs of markup in its cells stays a table.

use proptest::prelude::*;

use super::super::{Decoder, Unreadable};
use super::other_kind;

/// An encoding and mark in which a test writes its text.
#[derive(Clone, Copy, Debug)]
enum Written {
    Utf8,
    Utf8Marked,
    Utf8MarkedTwice,
    Windows1252,
    Utf16Le,
    Utf16LeMarked,
    Utf16BeMarked,
}

const WRITTEN: [Written; 7] = [
    Written::Utf8,
    Written::Utf8Marked,
    Written::Utf8MarkedTwice,
    Written::Windows1252,
    Written::Utf16Le,
    Written::Utf16LeMarked,
    Written::Utf16BeMarked,
];

impl Written {
    fn bytes(self, text: &str) -> Vec<u8> {
        let wide = |text: &str, of: fn(u16) -> [u8; 2]| text.encode_utf16().flat_map(of).collect::<Vec<u8>>();
        match self {
            Self::Utf8 => text.as_bytes().to_vec(),
            Self::Utf8Marked => format!("\u{feff}{text}").into_bytes(),
            Self::Utf8MarkedTwice => format!("\u{feff}\u{feff}{text}").into_bytes(),
            Self::Windows1252 => encoding_rs::WINDOWS_1252.encode(text).0.into_owned(),
            Self::Utf16Le => wide(text, u16::to_le_bytes),
            Self::Utf16LeMarked => wide(&format!("\u{feff}{text}"), u16::to_le_bytes),
            Self::Utf16BeMarked => wide(&format!("\u{feff}{text}"), u16::to_be_bytes),
        }
    }
}

/// Markup which may stand before the first tag of a web page.
const BEFORE_A_PAGE: [&str; 6] = [
    "",
    "\r\n\r\n  ",
    "<!-- exported by the timesheet module -->\n",
    "<!--[if gte mso 9]><xml><x:ExcelWorkbook/></xml><![endif]-->",
    "<!-- a > b, \"c\" -->\n\t<!-- d -->",
    "<!DOCTYPE HTML PUBLIC \"-//W3C//DTD HTML 4.01//EN\">\n",
];

/// Beginnings of web pages and of pieces of web pages.
const PAGES: [&str; 10] = [
    "<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><head><meta charset=\"utf-8\"></head><body><table>",
    "<HTML>\n<BODY>\n<TABLE BORDER=1>",
    "<table border='1'>",
    "<TABLE>",
    "<meta http-equiv=\"Content-Type\" content=\"text/html; charset=utf-8\"><link rel=\"stylesheet\" href=\"resources/sheet.css\"><table>",
    "<style type=\"text/css\">td { mso-number-format: \"\\@\"; }</style><table>",
    "<head>\n<title>Zeiterfassung März</title></head><table>",
    "<div class=\"report\"><table>",
    "<br />\n<b>Warning</b>:  Cannot modify header information<br />\n<table>",
    "<center><table>",
];

/// Beginnings of XML documents before the first tag.
const BEFORE_XML: [&str; 5] = [
    "<?xml version=\"1.0\"?>\n",
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<?mso-application progid=\"Excel.Sheet\"?>\r\n",
    "\n<?xml version='1.0' standalone='yes'?><!-- made by a script --> ",
    "",
    "<!-- no declaration -->",
];

const WORKBOOKS: [&str; 3] = [
    "<Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\" xmlns:o=\"urn:schemas-microsoft-com:office:office\">",
    "<ss:Workbook xmlns:ss=\"urn:schemas-microsoft-com:office:spreadsheet\">",
    "<Workbook\n xmlns:x=\"urn:schemas-microsoft-com:office:excel\"\n xmlns='urn:schemas-microsoft-com:office:spreadsheet'>",
];

const FLAT: [&str; 2] = [
    "<office:document xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\" office:version=\"1.3\" \
     office:mimetype=\"application/vnd.oasis.opendocument.spreadsheet\">",
    "<office:document office:mimetype='application/vnd.oasis.opendocument.spreadsheet' \
     xmlns:office='urn:oasis:names:tc:opendocument:xmlns:office:1.0'>",
];

const ARCHIVES: [&str; 3] = [
    "MIME-Version: 1.0\nX-Document-Type: Workbook\nContent-Type: multipart/related; boundary=\"----=_NextPart_01\"\n\nThis document is a single file\n",
    "Mime-Version: 1.0\r\nContent-Type: multipart/related;\r\n\tboundary=b\r\n\r\n--b\r\n",
    "From: <Saved by Blink>\r\nSnapshot-Content-Location: https://example.com/report\r\nSubject: Report\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n",
];

/// Cells which follow each beginning: text with an accent and with the delimiters of tables.
const CELLS: &str = "<tr><td>Date</td><td>Person</td></tr><tr><td>2024-03-04, 10:00</td><td>Zoë; Jo</td></tr>";

fn check(text: &str, written: Written, piece: usize, name: &str) -> Result<(), TestCaseError> {
    let bytes = written.bytes(text);
    let (mut decoder, mut out) = (Decoder::new(None), String::new());
    let pushed = bytes.chunks(piece).try_for_each(|piece| decoder.push(piece, &mut out));
    let said = pushed.and_then(|()| decoder.finish(&mut out));
    let Err(Unreadable::NotText(kind)) = said else {
        return Err(TestCaseError::fail(format!("{written:?} {text:?} is read as {out:?}, {said:?}")));
    };
    let said = kind.to_string();
    prop_assert!(said.contains(name) && said.contains("save it as .xlsx"), "{:?}: {}", text, said);
    prop_assert!(out.is_empty());
    Ok(())
}

fn written() -> impl Strategy<Value = Written> {
    prop::sample::select(WRITTEN.to_vec())
}

fn one_of<const N: usize>(texts: [&'static str; N]) -> impl Strategy<Value = &'static str> {
    prop::sample::select(texts.to_vec())
}

proptest! {
    #[test]
    fn a_web_page_is_told_from_a_table(
        before in one_of(BEFORE_A_PAGE), page in one_of(PAGES), rows in 0..40_usize, written in written(), piece in 1..5000_usize,
    ) {
        check(&format!("{before}{page}{}", CELLS.repeat(rows)), written, piece, "a web page (HTML)")?;
    }

    #[test]
    fn an_xml_spreadsheet_is_told_from_a_table(
        before in one_of(BEFORE_XML), book in one_of(WORKBOOKS), comment in 0..1500_usize, rows in 0..40_usize,
        written in written(), piece in 1..5000_usize,
    ) {
        let comment = if comment < 700 { String::new() } else { format!("<!--{}-->", "x".repeat(comment)) };
        check(&format!("{before}{comment}{book}{}", CELLS.repeat(rows)), written, piece, "an XML Spreadsheet 2003")?;
    }

    #[test]
    fn a_flat_opendocument_spreadsheet_is_told_from_a_table(
        before in one_of(BEFORE_XML), flat in one_of(FLAT), rows in 0..40_usize, written in written(), piece in 1..5000_usize,
    ) {
        check(&format!("{before}{flat}{}", CELLS.repeat(rows)), written, piece, ".fods")?;
    }

    #[test]
    fn a_web_archive_is_told_from_a_table(
        archive in one_of(ARCHIVES), rows in 0..40_usize, written in written(), piece in 1..5000_usize,
    ) {
        check(&format!("{archive}{}", CELLS.repeat(rows)), written, piece, "(MHTML)")?;
    }

    #[test]
    fn a_table_with_signs_of_markup_in_its_cells_is_a_table(
        first in "[<>!?a-zA-Z:{}&/ -]{0,12}", name in "[a-z]{1,9}", written in written(),
    ) {
        let web = super::WEB_TAGS.contains(&name.as_str()) || name == "xml";
        for text in [
            format!("date,{first},{name}\n2024-03-04,<table>,<html>\n"),
            format!("{name} <b>{first}</b>;date\n"),
            format!("\"{first}\",MIME-Version\nMIME-Version: 1.0,b\n"),
            format!("ID;P{name};Date\n1;Jo;2024-03-04\n"),
            if web { String::new() } else { format!("<{name}>,date\n<html>,2024-03-04\n") },
        ] {
            prop_assert_eq!(other_kind(&written.bytes(&text)), None, "{:?}", text);
        }
    }
}

fn told(bytes: &[u8]) -> Option<String> {
    other_kind(bytes).map(|kind| kind.to_string())
}

#[test]
fn other_kinds_are_told_by_their_names() {
    for (bytes, name) in [
        (&b"\xef\xbb\xbf <?XML version"[..], "an XML document"),
        (b"<?xml version=\"1.0\"?><TimeEntries><Entry/></TimeEntries>", "an XML document"),
        (b"<feed xmlns=\"http://www.w3.org/2005/Atom\">", "an XML document"),
        (b"<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\">", "a web page (HTML)"),
        (b"<!DOCTYPE html>", "a web page (HTML)"),
        (b"<!doctype HTML [ <!ENTITY a 'b'> ]>", "a web page (HTML)"),
        (b"<!DOCTYPE report [ <!ENTITY a '>'> ]><report/>", "an XML document"),
        (b"<!-- never ended", "a web page or an XML document"),
        (
            b"<?xml version=\"1.0\"?><office:document office:mimetype=\"application/vnd.oasis.opendocument.text\" \
           xmlns:office=\"urn:oasis:names:tc:opendocument:xmlns:office:1.0\">",
            "a flat OpenDocument document",
        ),
        (b"{ \"a\": 1 }", "JSON"),
        (b"\n[ {\"a\": 1}]", "JSON"),
        (b"ID;PWXL;N;E\r\nP;PGeneral\r\nC;Y1;X1;K\"Date\"\r\n", "a SYLK spreadsheet"),
        (b"ID;P\nB;Y2;X3\n", "a SYLK spreadsheet"),
        (b"TABLE\r\n0,1\r\n\"EXCEL\"\r\n", "a DIF spreadsheet"),
        (b"\x09\x08\x08\x00\x00\x05\x10\x00", "an old .xls spreadsheet"),
        (b"\x09\x00\x04\x00\x02\x00\x10\x00", "an old .xls spreadsheet"),
    ] {
        let said = told(bytes).unwrap_or_default();
        assert!(said.starts_with(&format!("this is {name}")), "{said:?} does not say {name}");
    }
    for text in [
        "",
        "date,person",
        "{a},b",
        "[a],b",
        "<a>,b",
        "< html>",
        "ID;Person",
        "TABLE\nDate",
        "From: x,To: y\nMIME,z\n",
        "Date:,b",
    ] {
        assert_eq!(told(text.as_bytes()), None, "{text:?}");
    }
}
