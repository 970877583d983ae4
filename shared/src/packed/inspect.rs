//! What a zip archive is, and that it may be read: before `calamine` sees it.
//!
//! `calamine` streams the cells of a sheet, but holds a workbook's texts and styles in memory, and believes what the
//! workbook says of their number. So each part is inflated here once, to be thrown away, and measured against the limits:
//! the sizes in the archive's directory are not believed. Parts in XML are read by the same parser that `calamine` uses,
//! which stops it at any single thing (a tag, a text, a comment) that is longer than a cell can be, and counts what will be
//! held:
//!
//! | of a part | at most | for |
//! |---|---|---|
//! | tags inside each other | 256 | the parser remembers the open ones: a gigabyte of `<a><a>` would be three |
//! | attributes of a tag | 1,000 | |
//! | the text of a cell, or a shared one, over all its runs | 512 KB | `calamine` joins the runs |
//! | different texts | 2,500,000 | some 50 bytes each besides their letters |
//! | fonts, fills, formats, names, sheets, relationships, each | 200,000 | some hundred bytes each |
//!
//! The formulas without a stored value and the hidden rows and columns are noted on the way ([`Formulas`], [`Hidden`]).

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

/// More parts than this, and it is no workbook: one sheet takes a few.
const MAX_PARTS: usize = 10_000;
/// Longest tag or text: a cell has at most 32,767 letters, and a letter at most 8 bytes (`&#x…;`).
const MAX_EVENT: u64 = 512 * 1024;
/// Different texts of a workbook. Each costs some 50 bytes besides its letters.
const MAX_TEXTS: u64 = 2_500_000;
/// Bytes of a part that is not a sheet: those of the texts are held.
const MAX_HELD: u64 = 192 << 20;
/// Bytes of all styles: each holds copies of its font's name and of its number format.
const MAX_STYLES: u64 = 64 << 20;
/// Tags inside each other.
const MAX_DEPTH: usize = 256;
/// Attributes of a tag.
const MAX_ATTRIBUTES: usize = 1_000;
/// Things of one kind that are held one by one. Excel takes 65,490 formats, and 65,530 links in a sheet.
const MAX_THINGS: u64 = 200_000;

/// What was noted of a workbook that may be read.
#[derive(Default)]
pub(super) struct Inspected {
    pub parts: Parts,
    pub formulas: Formulas,
    pub hidden: Hidden,
}

/// Says what the archive is, if it is no workbook that may be read; else what `calamine` does not say of it.
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

/// Whether the archive has a directory, whose end has a comment of up to 65,535 bytes, and of not too many entries: all of
/// them are held in memory when the archive is opened. Their headers are counted, because there may be several ends that
/// claim different numbers.
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

/// Refuses by name what is no .xlsx.
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

/// What the archive has come to so far.
struct Sizes<'l> {
    packed: u64,
    unpacked: Cell<u64>,
    /// Of the tag or text at hand.
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

/// A part as it is inflated; it ends with an error where [`Sizes::check`] has one.
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
        // A picture or the like, which nobody looks at.
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

/// What `calamine` will hold of a part in XML.
struct Held {
    /// What had been unpacked before the part.
    before: u64,
    /// It is a sheet, which is streamed.
    sheet: Option<bool>,
    /// Open tags.
    depth: usize,
    /// The tag of the cell or the shared text at hand, whose runs `calamine` joins up to its end; empty: of neither.
    joined: String,
    /// Bytes of text in it.
    text: u64,
    texts: u64,
    styles: u64,
    longest: u64,
    things: [u64; THINGS.len()],
}

/// The tags of things that are held one by one, and how people call them.
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
        // An attribute has five bytes at least.
        if length > 5 * MAX_ATTRIBUTES as u64 && tag.attributes().with_checks(false).count() > MAX_ATTRIBUTES {
            return Err(unreadable("the spreadsheet has a tag of too many attributes: save it anew, or as CSV"));
        }
        match name {
            // Room is made for so many at once.
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
    // What is no number is none to `calamine` either.
    Ok(given.and_then(|given| given.value.trim().parse().ok()).unwrap_or(0))
}

/// A sheet or workbook under another ending than .xml would not have been read here.
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
