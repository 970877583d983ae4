//! Checks that a zip archive is a workbook within the limits, before `calamine` reads the archive.
//!
//! `calamine` streams the cells of a sheet, but holds a workbook's texts and styles in memory and trusts the counts in
//! the workbook. Each part is therefore inflated here once, to be discarded, and measured against the limits; the sizes
//! in the archive's directory are not trusted. Parts in XML are read by the same parser that `calamine` uses. The
//! inspection stops the parser at any tag, text or comment that is longer than a cell can be, and counts the things
//! that `calamine` will hold:
//!
//! | of a part | at most | for |
//! |---|---|---|
//! | nested tags | 256 | the parser remembers open tags: a gigabyte of `<a><a>` would take three |
//! | attributes of a tag | 1,000 | |
//! | a text, in a cell or shared, over all runs | 512 KB | `calamine` joins the runs |
//! | different texts | 2,500,000 | some 50 bytes each besides the letters |
//! | fonts, fills, formats, names, sheets, relationships, each | 200,000 | some hundred bytes each |
//!
//! Formulas without a stored value and hidden rows and columns are recorded in the same pass ([`Formulas`],
//! [`Hidden`]).

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use bytes::Bytes;
use memchr::memmem;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::cancellation::Cancellation;
use super::formulas::{Formulas, SheetScan};
use super::hidden::{Hidden, HiddenScan};
use super::limits::{Limits, NotUnpacked, is_bomb};
use super::parts::{Parts, normal};

/// The largest number of parts of a workbook, in which a sheet takes a few parts. A zip archive with
/// more parts is refused.
const MAX_PARTS: usize = 10_000;
/// The longest tag or text in bytes. A cell has at most 32,767 letters, and a letter takes at most 8 bytes (`&#x…;`).
const MAX_EVENT: u64 = 512 * 1024;
/// The largest number of different texts of a workbook, at some 50 bytes each besides the letters.
const MAX_TEXTS: u64 = 2_500_000;
/// The largest number of bytes in a part that is not a sheet, limited because `calamine` holds the texts in memory.
const MAX_HELD: u64 = 192 << 20;
/// The largest number of bytes in all styles, limited because each style holds copies of a font's name and
/// of a number format.
const MAX_STYLES: u64 = 64 << 20;
/// The largest depth of tags nested in tags.
const MAX_DEPTH: usize = 256;
/// The largest number of attributes of a tag.
const MAX_ATTRIBUTES: usize = 1_000;
/// The largest number of things of a kind that `calamine` holds singly. Excel allows 65,490 formats, and 65,530
/// links in a sheet.
const MAX_THINGS: u64 = 200_000;

/// The facts that an inspection records and `calamine` does not report.
#[derive(Default)]
pub(super) struct Inspected {
    pub parts: Parts,
    pub formulas: Formulas,
    pub hidden: Hidden,
}

/// Inspects the archive. Fails with a message that names the kind of file, if the file is not a
/// workbook within the limits.
pub(super) fn inspect(file: &Bytes, limits: &Limits, cancellation: &Cancellation) -> Result<Inspected, NotUnpacked> {
    if file.len() as u64 > limits.workbook {
        let limit = limits.workbook >> 20;
        let said = format!("the spreadsheet has more than {limit} MB: save it as CSV, or split it");
        return Err(NotUnpacked::TooLarge(said));
    }
    if !may_be_opened(file) {
        return Err(unreadable("this is a zip archive that is cut off, damaged or far from a spreadsheet"));
    }
    let mut archive = ZipArchive::new(Cursor::new(file.clone())).map_err(|error| damaged(&error))?;
    what(&archive)?;
    let packed = file.len() as u64;
    let sizes = Sizes { packed, unpacked: Cell::new(0), event: Cell::new(0), limits, cancellation };
    let mut inspected = Inspected::default();
    (0..archive.len()).try_for_each(|index| part(&mut archive, index, &sizes, &mut inspected))?;
    Ok(inspected)
}

/// Returns whether the archive has an end record (which has a comment of up to 65,535 bytes) and at most [`MAX_PARTS`]
/// entries, because opening the archive holds all entries in memory. The entries' headers are counted, because an
/// archive may have several end records that claim different numbers.
fn may_be_opened(file: &[u8]) -> bool {
    let end = &file[file.len().saturating_sub(22 + 65_535)..];
    let headers = memmem::find_iter(file, b"PK\x01\x02").take(MAX_PARTS + 1).count();
    memmem::rfind(end, b"PK\x05\x06").is_some() && headers <= MAX_PARTS
}

fn unreadable(said: &str) -> NotUnpacked {
    NotUnpacked::Unreadable(said.to_owned())
}

fn damaged(error: &dyn std::fmt::Display) -> NotUnpacked {
    NotUnpacked::Unreadable(format!("the spreadsheet is damaged: {error}; save it anew, or as CSV"))
}

/// Refuses an archive that is not an .xlsx workbook, with a message that names the kind of file.
fn what(archive: &ZipArchive<Cursor<Bytes>>) -> Result<(), NotUnpacked> {
    let names: Vec<_> = archive.file_names().filter_map(Result::ok).map(|name| name.to_ascii_lowercase()).collect();
    let has = |part: &str| names.iter().any(|name| name == part);
    let under = |folder: &str| names.iter().any(|name| name.starts_with(folder));
    let ends = |endings: &[&str]| names.iter().any(|name| endings.iter().any(|ending| name.ends_with(ending)));
    let office = has("[content_types].xml");
    Err(unreadable(if office && names.iter().any(|name| name.ends_with("workbook.xml")) {
        return Ok(());
    } else if office && has("xl/workbook.bin") {
        "this is a binary .xlsb spreadsheet: save it as .xlsx or CSV"
    } else if has("mimetype") && has("content.xml") {
        "this is an OpenDocument file (.ods): save it as .xlsx or CSV"
    } else if under("index/") || has("index.zip") {
        "this is a Numbers spreadsheet: export it as .xlsx or CSV"
    } else if office {
        "this is an Office document, but no spreadsheet"
    } else if ends(&[".html", ".htm"]) && !ends(&[".csv", ".tsv", ".txt", ".xlsx"]) {
        "this is a zip archive of web pages, as Google Sheets saves a spreadsheet: download it as .xlsx or CSV"
    } else {
        "this is a zip archive, not a table: unpack it and import the files in it one by one"
    }))
}

/// The bytes of the archive that were inflated so far, with the limits.
struct Sizes<'l> {
    packed: u64,
    unpacked: Cell<u64>,
    /// The bytes of the tag or text that is being read.
    event: Cell<u64>,
    limits: &'l Limits,
    cancellation: &'l Cancellation,
}

impl Sizes<'_> {
    fn add(&self, bytes: usize) {
        self.unpacked.update(|sum| sum + bytes as u64);
        self.event.update(|sum| sum + bytes as u64);
    }

    fn check(&self) -> Result<(), NotUnpacked> {
        self.cancellation.check()?;
        let unpacked = self.unpacked.get();
        if is_bomb(self.packed, unpacked) {
            let said = format!("the spreadsheet is a bomb: its {} bytes unpack to more than {unpacked}", self.packed);
            return Err(NotUnpacked::Unreadable(said));
        }
        if unpacked > self.limits.parts {
            let limit = self.limits.parts >> 20;
            let said = format!("the spreadsheet unpacks to more than {limit} MB: save it as CSV, or split it");
            return Err(NotUnpacked::TooLarge(said));
        }
        if self.event.get() > MAX_EVENT {
            return Err(unreadable("the spreadsheet has a text that is longer than a cell can be: save it as CSV"));
        }
        Ok(())
    }
}

/// A part during the inflating. Reading fails when [`Sizes::check`] fails.
struct Metered<'s, R> {
    inner: R,
    sizes: &'s Sizes<'s>,
}

impl<R: BufRead> BufRead for Metered<'_, R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.sizes.check().map_err(|error| io::Error::other(error.to_string()))?;
        self.inner.fill_buf()
    }

    fn consume(&mut self, bytes: usize) {
        self.sizes.add(bytes);
        self.inner.consume(bytes);
    }
}

impl<R: BufRead> Read for Metered<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(into)?;
        self.consume(length);
        Ok(length)
    }
}

fn part(
    archive: &mut ZipArchive<Cursor<Bytes>>,
    index: usize,
    sizes: &Sizes<'_>,
    inspected: &mut Inspected,
) -> Result<(), NotUnpacked> {
    let part = archive.by_index(index).map_err(|error| damaged(&error))?;
    let name = normal(&part.name().map_err(|error| damaged(&error))?);
    let mut part = Metered { inner: BufReader::new(part), sizes };
    sizes.event.set(0);
    if !(name.ends_with(".xml") || name.ends_with(".rels")) {
        // Pictures and further binary parts are only measured.
        loop {
            let read = part.fill_buf().map(<[u8]>::len);
            sizes.check()?;
            match read.map_err(|error| damaged(&error))? {
                0 => return Ok(()),
                bytes => part.consume(bytes),
            }
            sizes.event.set(0);
        }
    }
    let mut reader = Reader::from_reader(part);
    reader.config_mut().check_end_names = false;
    let (mut event, mut held) = (Vec::new(), Held::begin(sizes));
    let (mut scan, mut hidden) = (SheetScan::default(), HiddenScan::default());
    loop {
        event.clear();
        let read = reader.read_event_into(&mut event);
        sizes.check()?;
        let event = read.map_err(|error| damaged(&format!("{name}: {error}")))?;
        held.see(&event, &name, sizes)?;
        match &event {
            Event::Eof => {
                inspected.formulas.note(&name, scan.finish());
                inspected.hidden.note(&name, hidden.finish());
                break;
            }
            event if held.sheet == Some(true) => {
                scan.see(event, inspected.formulas.room())?;
                hidden.see(event, inspected.hidden.room());
            }
            Event::Start(tag) | Event::Empty(tag) => inspected.parts.see(&name, tag),
            _ => {}
        }
        sizes.event.set(0);
    }
    Ok(())
}

/// The things in an XML part that `calamine` will hold in memory.
struct Held {
    /// The bytes that were unpacked before this part.
    before: u64,
    /// True for a sheet, which is streamed. `None` before the part's first tag.
    sheet: Option<bool>,
    /// The number of open tags.
    depth: usize,
    /// The tag of the open cell or shared text, whose runs `calamine` joins up to the end tag. Empty outside of
    /// cells and shared texts.
    joined: String,
    /// The bytes of text inside that tag.
    text: u64,
    texts: u64,
    styles: u64,
    longest: u64,
    things: [u64; THINGS.len()],
}

/// The tags of things that `calamine` holds singly, with the word for the error message.
const THINGS: [(&str, &str); 8] = [
    ("xf", "styles"),
    ("font", "styles"),
    ("fill", "styles"),
    ("border", "styles"),
    ("numFmt", "styles"),
    ("definedName", "names"),
    ("sheet", "sheets"),
    ("Relationship", "links"),
];

impl Held {
    fn begin(sizes: &Sizes<'_>) -> Self {
        let before = sizes.unpacked.get();
        let things = [0; THINGS.len()];
        Self { before, sheet: None, depth: 0, joined: String::new(), text: 0, texts: 0, styles: 0, longest: 0, things }
    }

    fn see(&mut self, event: &Event<'_>, part: &str, sizes: &Sizes<'_>) -> Result<(), NotUnpacked> {
        match event {
            Event::Start(tag) => {
                self.depth += 1;
                self.tag(tag, sizes)?;
                if self.joined.is_empty() && matches!(tag.local_name().as_ref(), "c" | "si" | "definedName") {
                    self.joined.push_str(tag.name().as_ref());
                    self.text = 0;
                }
            }
            Event::Empty(tag) => self.tag(tag, sizes)?,
            Event::End(tag) => {
                self.depth = self.depth.saturating_sub(1);
                if tag.name().as_ref() == self.joined {
                    self.joined.clear();
                }
            }
            _ if !self.joined.is_empty() => self.text += sizes.event.get(),
            _ => {}
        }
        if self.depth > MAX_DEPTH {
            return Err(damaged(&format!("{part} has more than {MAX_DEPTH} tags inside each other")));
        }
        if !self.joined.is_empty() && self.text > MAX_EVENT {
            return Err(damaged(&format!("{part} has a text that is longer than a cell can be")));
        }
        self.check(sizes)
    }

    fn tag(&mut self, tag: &BytesStart<'_>, sizes: &Sizes<'_>) -> Result<(), NotUnpacked> {
        let name = tag.local_name();
        let name: &str = name.as_ref();
        let is_sheet = *self.sheet.get_or_insert(name == "worksheet");
        let length = sizes.event.get();
        self.longest = self.longest.max(length);
        // An attribute takes at least five bytes, so a shorter tag needs no counting.
        if length > 5 * MAX_ATTRIBUTES as u64 && tag.attributes().with_checks(false).count() > MAX_ATTRIBUTES {
            return Err(unreadable("the spreadsheet has a tag of too many attributes: save it anew, or as CSV"));
        }
        match name {
            // `calamine` allocates room for this number of texts at once.
            "sst" => self.texts = self.texts.max(number(tag, "uniqueCount")?),
            "si" => self.texts += 1,
            "xf" => self.styles += 1,
            "Relationship" => target(tag)?,
            _ => {}
        }
        if let (false, Some(at)) = (is_sheet, THINGS.iter().position(|(thing, _)| *thing == name)) {
            self.things[at] += 1;
            if self.things[at] > MAX_THINGS {
                return Err(too_many(THINGS[at].1));
            }
        }
        Ok(())
    }

    fn check(&self, sizes: &Sizes<'_>) -> Result<(), NotUnpacked> {
        let bytes = sizes.unpacked.get() - self.before;
        let too_much = if self.texts > 2 * MAX_TEXTS || self.sheet != Some(true) && bytes > MAX_HELD {
            "different texts"
        } else if self.styles.saturating_mul(self.longest) > MAX_STYLES {
            "styles"
        } else {
            return Ok(());
        };
        Err(too_many(too_much))
    }
}

fn too_many(things: &str) -> NotUnpacked {
    NotUnpacked::TooLarge(format!("the spreadsheet has too many {things} to be read: save it as CSV"))
}

fn number(tag: &BytesStart<'_>, name: &str) -> Result<u64, NotUnpacked> {
    let given = tag.try_get_attribute(name).map_err(|error| damaged(&error))?;
    // `calamine` ignores a count that is not a number, too.
    Ok(given.and_then(|given| given.value.trim().parse().ok()).unwrap_or(0))
}

/// Refuses a sheet or a workbook in a part whose name does not end in .xml, because that part is not inspected here.
fn target(tag: &BytesStart<'_>) -> Result<(), NotUnpacked> {
    let attribute = |name: &str| -> Result<String, NotUnpacked> {
        let given = tag.try_get_attribute(name).map_err(|error| damaged(&error))?;
        Ok(given.map(|given| given.value.to_ascii_lowercase()).unwrap_or_default())
    };
    let read = attribute("Type")?;
    let read = ["sheet", "officedocument"].iter().any(|kind| read.ends_with(kind));
    if read && !attribute("Target")?.ends_with(".xml") {
        return Err(unreadable("the spreadsheet keeps its sheets in parts that are no XML: save it anew, or as CSV"));
    }
    Ok(())
}
