//! What a zip archive is, and that it may be read: before `calamine` sees it.
//!
//! `calamine` streams the cells of a sheet, but holds a workbook's texts and styles in memory, and believes what the
//! workbook says of their number. So each part is inflated here once, to be thrown away, and measured against the limits:
//! the sizes in the archive's directory are not believed. Parts in XML are read by the same parser that `calamine` uses,
//! which stops it at any single thing (a tag, a text, a comment) that is longer than a cell can be, and counts what will be
//! held.

use std::cell::Cell;
use std::io::{self, BufRead, BufReader, Cursor, Read};

use bytes::Bytes;
use memchr::memmem;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::{Limits, NotUnpacked, is_bomb};

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

/// Says what the archive is, if it is no workbook that may be read.
pub(super) fn inspect(file: &Bytes, limits: &Limits) -> Result<(), NotUnpacked> {
    if file.len() as u64 > limits.workbook {
        let limit = limits.workbook >> 20;
        let said = format!("the spreadsheet has more than {limit} MB: save it as CSV, or split it");
        return Err(NotUnpacked::TooLarge(said));
    }
    if entries(file).is_none_or(|entries| entries > MAX_PARTS) {
        return Err(unreadable("this is a zip archive that is cut off, damaged or far from a spreadsheet"));
    }
    let mut archive = ZipArchive::new(Cursor::new(file.clone())).map_err(|error| damaged(&error))?;
    what(&archive)?;
    let sizes = Sizes { packed: file.len() as u64, unpacked: Cell::new(0), event: Cell::new(0), limits };
    (0..archive.len()).try_for_each(|index| part(&mut archive, index, &sizes))
}

/// The number of entries by the end record of the directory, which has a comment of up to 65,535 bytes: all of them are
/// held in memory when the archive is opened.
fn entries(file: &[u8]) -> Option<usize> {
    let end = &file[file.len().saturating_sub(22 + 65_535)..];
    let at = memmem::rfind(end, b"PK\x05\x06")?;
    let count = end.get(at + 10..at + 12)?;
    Some(usize::from(u16::from_le_bytes([count[0], count[1]])))
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
}

impl Sizes<'_> {
    fn add(&self, bytes: usize) {
        self.unpacked.update(|sum| sum + bytes as u64);
        self.event.update(|sum| sum + bytes as u64);
    }

    fn check(&self) -> Result<(), NotUnpacked> {
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

fn part(archive: &mut ZipArchive<Cursor<Bytes>>, index: usize, sizes: &Sizes<'_>) -> Result<(), NotUnpacked> {
    let part = archive.by_index(index).map_err(|error| damaged(&error))?;
    let name = part.name().map_err(|error| damaged(&error))?.to_ascii_lowercase();
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
    loop {
        event.clear();
        let read = reader.read_event_into(&mut event);
        sizes.check()?;
        match read.map_err(|error| damaged(&format!("{name}: {error}")))? {
            Event::Eof => return Ok(()),
            Event::Start(tag) | Event::Empty(tag) => held.tag(&tag, sizes)?,
            _ => held.check(sizes)?,
        }
        sizes.event.set(0);
    }
}

/// What `calamine` will hold of a part in XML.
struct Held {
    /// What had been unpacked before the part.
    before: u64,
    /// It is a sheet, which is streamed.
    sheet: Option<bool>,
    texts: u64,
    styles: u64,
    longest: u64,
}

impl Held {
    fn begin(sizes: &Sizes<'_>) -> Self {
        Self { before: sizes.unpacked.get(), sheet: None, texts: 0, styles: 0, longest: 0 }
    }

    fn tag(&mut self, tag: &BytesStart<'_>, sizes: &Sizes<'_>) -> Result<(), NotUnpacked> {
        let name = tag.local_name();
        let name: &str = name.as_ref();
        self.sheet.get_or_insert(name == "worksheet");
        self.longest = self.longest.max(sizes.event.get());
        match name {
            // Room is made for so many at once.
            "sst" => self.texts = self.texts.max(number(tag, "uniqueCount")?),
            "si" => self.texts += 1,
            "xf" => self.styles += 1,
            "Relationship" => target(tag)?,
            _ => {}
        }
        self.check(sizes)
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
        Err(NotUnpacked::TooLarge(format!("the spreadsheet has too many {too_much} to be read: save it as CSV")))
    }
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
