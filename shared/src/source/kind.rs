//! Recognises files which are no tables of text by their first bytes, to refuse them with a remedy.
//!
//! Programs on the web often save a web page, or Excel's XML of 2003, under the name `.xls`, and spreadsheet programs
//! open both. The file name is therefore no evidence, and the beginning of the file is inspected in any encoding.
//!
//! | beginning of the file | kind of file |
//! |---|---|
//! | magic bytes | a PDF, an archive, an image, the stream of Excel before 1997 … |
//! | `<html`, `<!DOCTYPE html`, or a tag found only in web pages | a web page |
//! | `<Workbook` or `<ss:Workbook` in Microsoft's namespace | an XML Spreadsheet 2003 |
//! | `<office:document` | a flat OpenDocument file, `.fods` |
//! | `<?xml`, or any tag with a namespace | an XML document |
//! | `MIME-Version:` among the first lines | a web archive, `.mht` |
//! | `ID;P`, or `TABLE` with `0,1` below | SYLK or DIF, used by old spreadsheets to exchange tables |
//! | `{"`, `[{` … | JSON |
//!
//! Byte order marks, blanks, comments, processing instructions and document types may stand before a tag.

use std::borrow::Cow;
use std::fmt;

use super::encoding::{self, Encoding};

/// Count of first bytes which are inspected, enough for comments and declarations before the first tag.
pub(super) const BEGINNING: usize = 4096;

/// A kind of file which is no table of text, as named in the refusal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OtherKind {
    name: &'static str,
    /// Advice for getting a table out of the file; `None` if the file can hardly contain a table.
    remedy: Option<&'static str>,
}

impl OtherKind {
    const fn of(name: &'static str) -> Self {
        Self { name, remedy: None }
    }

    const fn with(name: &'static str, remedy: &'static str) -> Self {
        Self { name, remedy: Some(remedy) }
    }
}

impl fmt::Display for OtherKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "this is {}, not a table of text", self.name)?;
        self.remedy.map_or(Ok(()), |remedy| write!(f, ": {remedy}"))
    }
}

const SAVE_ANEW: &str = "open it in a spreadsheet program and save it as .xlsx, whatever its name ends in now";

const OLD_EXCEL: OtherKind = OtherKind::with("an old .xls spreadsheet or another Office document", SAVE_ANEW);
const WEB_PAGE: OtherKind = OtherKind::with(
    "a web page (HTML)",
    "if it shows the table (many programs on the web name such pages .xls), open it in a spreadsheet program and save it as .xlsx; if it \
     shows anything else, such as a form to log in, download the file again",
);
const WEB_ARCHIVE: OtherKind = OtherKind::with("a web page saved as one file (MHTML)", SAVE_ANEW);
const XML_SPREADSHEET: OtherKind = OtherKind::with("an XML Spreadsheet 2003", SAVE_ANEW);
const FLAT_SPREADSHEET: OtherKind = OtherKind::with("a flat OpenDocument spreadsheet (.fods)", SAVE_ANEW);
const FLAT_DOCUMENT: OtherKind = OtherKind::of("a flat OpenDocument document");
const XML: OtherKind = OtherKind::of("an XML document");
const SYLK: OtherKind = OtherKind::with("a SYLK spreadsheet (.slk)", SAVE_ANEW);
const DIF: OtherKind = OtherKind::with("a DIF spreadsheet (.dif)", SAVE_ANEW);
const JSON: OtherKind =
    OtherKind::with("JSON", "an array of objects in UTF-8 is taken as a table, and so is an object on each line");

/// Kinds of binary files, by their first bytes.
const MAGIC: [(&[u8], OtherKind); 21] = [
    (b"PK\x03\x04", OtherKind::of("a zip archive or an .xlsx spreadsheet")),
    (b"\xd0\xcf\x11\xe0", OLD_EXCEL),
    // Excel 2 to 5 wrote a stream without a container, which begins with the type, length
    // and version of the first record.
    (b"\x09\x00\x04\x00", OLD_EXCEL),
    (b"\x09\x02\x06\x00", OLD_EXCEL),
    (b"\x09\x04\x06\x00", OLD_EXCEL),
    (b"\x09\x08\x08\x00\x00\x05", OLD_EXCEL),
    (b"\x1f\x8b", OtherKind::of("a gzip archive")),
    (b"%PDF", OtherKind::of("a PDF document")),
    (b"\x89PNG", OtherKind::of("a PNG image")),
    (b"\xff\xd8\xff", OtherKind::of("a JPEG image")),
    (b"GIF8", OtherKind::of("a GIF image")),
    (b"BZh", OtherKind::of("a bzip2 archive")),
    (b"\xfd7zXZ", OtherKind::of("an xz archive")),
    (b"7z\xbc\xaf", OtherKind::of("a 7-Zip archive")),
    (b"Rar!", OtherKind::of("a RAR archive")),
    (b"\x28\xb5\x2f\xfd", OtherKind::of("a Zstandard archive")),
    (b"{\\rtf", OtherKind::of("a rich-text document")),
    (b"SQLite format 3", OtherKind::of("an SQLite database")),
    (b"\xff\xfe\x00\x00", OtherKind::of("text in UTF-32, which is not read")),
    (b"\x00\x00\xfe\xff", OtherKind::of("text in UTF-32, which is not read")),
    (b"\x7fELF", OtherKind::of("a program")),
];

/// Tags with which a web page, a piece of a web page, or a warning of PHP begins.
const WEB_TAGS: [&str; 26] = [
    "html", "head", "body", "meta", "title", "style", "script", "link", "base", "table", "thead", "tbody", "tr",
    "caption", "colgroup", "div", "span", "center", "form", "font", "p", "br", "b", "h1", "h2", "h3",
];

/// The kind of a file which is no table, by its first [`BEGINNING`] bytes or the whole of a shorter file; `None` if
/// the file may be a table.
pub(super) fn other_kind(bytes: &[u8]) -> Option<OtherKind> {
    let bytes = &bytes[..bytes.len().min(BEGINNING)];
    let magic = MAGIC.iter().find(|(magic, _)| bytes.starts_with(magic));
    magic.map(|(_, kind)| *kind).or_else(|| of_text(without_marks(&text(bytes))))
}

/// Decodes the bytes as far as ASCII letters are concerned, which are the same bytes in all encodings except UTF-16.
fn text(bytes: &[u8]) -> Cow<'_, str> {
    let head = encoding::head(&bytes[..bytes.len().min(encoding::HEAD)]);
    let utf16 = match head.encoding {
        Some(Encoding::Utf16Le) => encoding_rs::UTF_16LE,
        Some(Encoding::Utf16Be) => encoding_rs::UTF_16BE,
        _ => return String::from_utf8_lossy(&bytes[head.mark..]),
    };
    utf16.decode_without_bom_handling(&bytes[head.mark..]).0
}

/// Removes blanks and byte order marks from the beginning of the text, including marks
/// once decoded in a wrong encoding.
fn without_marks(mut text: &str) -> &str {
    loop {
        let rest = text.trim_start();
        match rest.strip_prefix('\u{feff}').or_else(|| rest.strip_prefix("ï»¿")) {
            Some(behind) => text = behind,
            None => return rest,
        }
    }
}

fn of_text(text: &str) -> Option<OtherKind> {
    match text.as_bytes().first()? {
        b'<' => markup(text),
        b'{' | b'[' => {
            let start: String = text.chars().filter(|letter| !letter.is_whitespace()).take(2).collect();
            ["{\"", "{}", "[{", "[[", "[]"].contains(&start.as_str()).then_some(JSON)
        }
        _ if is_web_archive(text) => Some(WEB_ARCHIVE),
        _ => {
            let mut lines = text.lines().map(str::trim_end);
            let (first, second) = (lines.next()?, lines.next().unwrap_or_default());
            let is_sylk =
                first.strip_prefix("ID;P").is_some_and(|rest| rest.split(';').skip(1).all(|flag| flag.len() == 1))
                    && ["B", "C", "E", "F", "O", "P"].contains(&second.split(';').next().unwrap_or_default());
            let is_dif = first == "TABLE" && second.replace(' ', "") == "0,1";
            if is_sylk { Some(SYLK) } else { is_dif.then_some(DIF) }
        }
    }
}

/// True if the text begins with the headers of a multipart MIME message.
fn is_web_archive(text: &str) -> bool {
    let headers = text.split("\n\n").next().unwrap_or_default().split("\r\n\r\n").next().unwrap_or_default();
    let is_header = |line: &str| {
        let name = line.split(':').next().unwrap_or_default();
        line.contains(':') && !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-')
    };
    let begins = |line: &str, name: &str| line.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
    let mut lines = headers.lines();
    lines.next().is_some_and(is_header) && headers.lines().any(|line| begins(line, "mime-version:"))
}

/// True if the text begins with the word, in upper or lower case, and the name in the text ends there.
fn begins_with(text: &str, word: &str) -> bool {
    let (Some(start), Some(rest)) = (text.get(..word.len()), text.get(word.len()..)) else { return false };
    start.eq_ignore_ascii_case(word)
        && !rest.starts_with(|letter: char| letter.is_alphanumeric() || ":-_.".contains(letter))
}

/// The kind of a file whose text begins with `<`; `None` if the file may be a table.
fn markup(text: &str) -> Option<OtherKind> {
    let mut is_xml = false;
    let mut rest = text;
    // Skip all markup before the first tag. Markup which is cut off by the end of the
    // inspected bytes still counts as markup.
    loop {
        let end = if rest.starts_with("<?") {
            is_xml |= begins_with(rest, "<?xml");
            "?>"
        } else if rest.starts_with("<!--") {
            "-->"
        } else if begins_with(rest, "<!doctype") {
            if begins_with(rest["<!doctype".len()..].trim_start(), "html") {
                return Some(WEB_PAGE);
            }
            is_xml = true;
            // A document type may declare entities within brackets.
            if rest.split('>').next().is_some_and(|start| start.contains('[')) { "]>" } else { ">" }
        } else {
            break;
        };
        let Some(at) = rest.find(end) else {
            return if is_xml { Some(XML) } else { Some(OtherKind::of("a web page or an XML document")) };
        };
        rest = without_marks(&rest[at + end.len()..]);
    }
    let name_ends = |letter: char| letter.is_whitespace() || letter == '>' || letter == '/';
    let tag = rest.strip_prefix('<')?;
    let name = tag[..tag.find(name_ends).unwrap_or(tag.len())].to_ascii_lowercase();
    let is_name = |name: &str| name.starts_with(|first: char| first.is_ascii_alphabetic());
    if !is_name(&name) {
        return is_xml.then_some(XML);
    }
    let attributes = &tag[..tag.find('>').unwrap_or(tag.len())];
    let local = name.rsplit(':').next().unwrap_or_default();
    let kind = match local {
        "workbook" if text.contains("urn:schemas-microsoft-com:office:spreadsheet") || text.contains("Excel.Sheet") => {
            XML_SPREADSHEET
        }
        "document" if attributes.contains("opendocument.spreadsheet") => FLAT_SPREADSHEET,
        "document" if attributes.contains(":opendocument:") => FLAT_DOCUMENT,
        "html" => WEB_PAGE,
        _ if !is_xml && WEB_TAGS.contains(&name.as_str()) => WEB_PAGE,
        _ if is_xml || attributes.contains("xmlns") => XML,
        _ => return None,
    };
    Some(kind)
}

#[cfg(test)]
mod tests;
